import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import { MAY_IMPORT, readPackages } from './scripts/packages.mjs';

const packages = readPackages();

/** Each package may import the packages that it declares and that its party may hold; never their insides. */
const boundaries = packages.map((entry) => {
  const forbidden = packages
    .filter((other) => other.name !== entry.name)
    .filter((other) => !entry.dependencies.includes(other.name) || !MAY_IMPORT[entry.party].includes(other.party))
    .map((other) => ({
      name: other.name,
      message: `${entry.name} (${entry.party}) may not import ${other.name} (${other.party}), or does not declare it.`,
    }));
  // Doors of a package beside its front one, for apps that may come in by that.
  const doors = ['!@ciphernet/*/commands'];
  if (!forbidden.some(({ name }) => name === '@ciphernet/engines')) doors.push('!@ciphernet/engines/helpers');
  return {
    files: [`${entry.path}/src/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: forbidden,
          patterns: [
            {
              group: ['@ciphernet/*/*', ...(entry.isApp ? doors : [])],
              message: 'Import a package by its name; nothing inside it is public.',
            },
            { group: ['../../*/src/*', '../../../*'], message: 'No relative imports across packages.' },
          ],
        },
      ],
    },
  };
});

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '.data/**', '.nx/**', 'libs/*/assembly/**'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { project: ['./tsconfig.tests.json'], tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true, allowNever: true, allowArray: true },
      ],
      // A promise returned from a scope with `using` would outlive what the scope disposes of.
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/prefer-nullish-coalescing': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      // Index signatures are read with brackets, so that a reader sees that the key comes from outside.
      '@typescript-eslint/dot-notation': 'off',
      // Hot loops over typed arrays: a counted loop is several times faster than an iterator.
      '@typescript-eslint/prefer-for-of': 'off',
      '@typescript-eslint/no-inferrable-types': 'off',
      'no-constant-condition': ['error', { checkLoops: false }],
      eqeqeq: 'error',
    },
  },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: {
        console: 'readonly',
        process: 'readonly',
        URL: 'readonly',
        require: 'readonly',
        __dirname: 'readonly',
        __filename: 'readonly',
        TextDecoder: 'readonly',
        TextEncoder: 'readonly',
        Buffer: 'readonly',
        performance: 'readonly',
        structuredClone: 'readonly',
      },
    },
  },
  {
    files: ['apps/dashboard/static/*.js'],
    languageOptions: {
      globals: { document: 'readonly', fetch: 'readonly', location: 'readonly', setTimeout: 'readonly' },
    },
  },
  ...boundaries,
);

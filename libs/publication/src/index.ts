export {
  MOST_STATEMENT_BYTES,
  PUBLISHED_METRICS,
  type SignedStatement,
  type Statement,
  ownerKeySchema,
  parseSigned,
  parseStatement,
  signedBytes,
  statementSchema,
} from './statement.js';
export { verifySigned } from './verify.js';

/** Variables of the operator's commands besides the shared ones: name and meaning. */
export const OPERATOR_ENVIRONMENT: readonly (readonly [string, string])[] = [
  ['CIPHERNET_DASHBOARD_PASSWORD', 'what the dashboard asks for; needed beyond loopback'],
];

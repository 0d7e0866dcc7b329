export { DEFAULT_PORT, dashboardCommand, dashboardPassword } from './commands/dashboard.js';
export { scheduleCommand } from './commands/schedule.js';
export { OPERATOR_ENVIRONMENT } from './environment.js';

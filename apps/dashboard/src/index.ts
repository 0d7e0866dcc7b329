export { type Dashboard, startDashboard } from './server.js';
export type { DashboardSettings } from './settings.js';

export { type Configuration, loadConfiguration } from './configuration.js';

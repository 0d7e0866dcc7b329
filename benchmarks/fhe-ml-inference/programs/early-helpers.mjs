// Before anything else is loaded: helper threads start beside it.
import { startEarlyHelpers } from '@ciphernet/compute-files/early-helpers';

startEarlyHelpers(process.argv.slice(2));

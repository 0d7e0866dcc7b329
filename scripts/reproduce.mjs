#!/usr/bin/env node
// Table and curves of the README: several seeds, both datasets, beside the reference project's figures.
import { runCommand } from './command.mjs';

runCommand('reproduce');

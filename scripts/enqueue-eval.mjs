#!/usr/bin/env node
// Enqueues evaluations: a dataset × one model, a list of them, or a folder of checkpoints. `--help` has examples.
import { runCommand } from './command.mjs';

runCommand('enqueue');

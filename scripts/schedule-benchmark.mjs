#!/usr/bin/env node
// Adds, lists, removes and runs scheduled benchmarks, and shows their history. `--help` has examples.
import { runCommand } from './command.mjs';

runCommand('schedule');

#!/bin/sh
# The harness calls this before the build. No library of homomorphic encryption has to be fetched: CipherNet brings its own.
exit 0

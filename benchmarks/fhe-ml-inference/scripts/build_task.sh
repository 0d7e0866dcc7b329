#!/bin/sh
# Builds the submission in a folder: compiles the models, which fixes the parameters before any key is made, and puts the stages
# where the harness looks for executables. Called by the harness with the submission's folder.
#
# CipherNet itself, installed and built, is where CIPHERNET says, or the file `ciphernet` in the submission's folder.
set -eu
folder=${1:?usage: build_task.sh FOLDER}
folder=$(cd "$folder" && pwd)
ciphernet=${CIPHERNET:-$(cat "$folder/ciphernet")}
node=$ciphernet/node_modules/.bin/node
[ -x "$node" ] || node=$(command -v node)
. "$folder/settings"

# Node keeps here what it compiles of modules outside the programs' bundles.
cache=$folder/build/compile-cache
NODE_COMPILE_CACHE=$cache
export NODE_COMPILE_CACHE

model() {
  "$node" "$ciphernet/apps/worker/dist/main.js" model compile "$folder/models/$network" "$folder/build/$1" \
    --mode "$key" --replace $2
}
mkdir -p "$folder/build"
# What `mlp` saves by a third fewer primes is worth an error that moves next to no decision: a deviation of 0.3 to 0.8 % of the
# largest logit, of which the bound for the worst slot is some forty times. `cnn` with the secret key has half the ring and a quarter
# fewer primes for a deviation of 0.7 %, of which the bound is ninety times; with the public key no such plan errs as little.
case $network-$key in
  mlp-*) model batch '--cheapest --target-error 20 --ring conjugate-invariant' ;;
  cnn-symmetric) model batch '--cheapest --target-error 80 --ring conjugate-invariant' ;;
  *) model batch '--cheapest' ;;
esac
single=batch
# One image has ciphertexts of its own where the network has one square: an upload of a megabyte instead of a whole batch.
if [ "$network" = mlp ]; then
  model single '--packing products'
  single=single
fi

# Client and server, a bundle each: the server's holds no module that makes, reads or uses a key, or is not made.
programs=$ciphernet/benchmarks/fhe-ml-inference/programs
"$node" "$ciphernet/scripts/bundle.mjs" "$programs/client.mjs" "$folder/build/client.cjs" client @ciphernet/client-files
"$node" "$ciphernet/scripts/bundle.mjs" "$programs/server.mjs" "$folder/build/server.cjs" compute @ciphernet/compute-files

for stage in "$folder"/stages/*; do
  name=${stage##*/}
  { echo '#!/bin/sh'; cat "$stage"; } > "$folder/build/$name"
  chmod 755 "$folder/build/$name"
done
cat > "$folder/build/settings" <<END
node='$node'
build='$folder/build'
key='$key'
single='$single'
export NODE_COMPILE_CACHE='$cache'
END

# Once through all stages with a black image: the bundles keep what V8 compiles (scripts/bundle-launcher.cjs).
BUNDLE_KEEPS_CODE=1
export BUNDLE_KEEPS_CODE
dry=$folder/build/dry-run
rm -rf "$dry"
mkdir -p "$dry/datasets/single/intermediate" "$dry/datasets/small/intermediate"
awk 'BEGIN { for (i = 0; i < 784; i++) printf "0.000000%s", i < 783 ? " " : "\n" }' \
  | tee "$dry/datasets/single/intermediate/test_pixels.txt" > "$dry/datasets/small/intermediate/test_pixels.txt"
cd "$dry"
for size in 0 1; do
  for stage in client_key_generation client_encode_encrypt_input server_encrypted_compute client_decrypt_decode; do
    "$folder/build/$stage" "$size" > /dev/null
  done
done
# Threads that were ended while they kept theirs leave a part.
rm -rf "$dry" "$folder"/build/*.partial

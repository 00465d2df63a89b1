#!/bin/sh
# Builds the native binding of TensorFlow.js where its own installer reaches no download host, outside of the repository:
#
#     sh test/tfjs-node/build.sh FOLDER
#     SECATEUR_TFJS_NODE=FOLDER npx ava '{adapters/engine-tfjs,test}/dist/**/*native.test.js'
#
# libtensorflow and its C headers come out of the tensorflow-cpu wheel of PyPI, the binding out of the npm package
# @tensorflow/tfjs-node. Wants pip, npm and a C++ compiler; takes some minutes and 1 GB.
set -eu
folder=$(mkdir -p "$1" && cd "$1" && pwd)
tensorflow=2.15.1
tfjs=4.22.0

cd "$folder"
[ -f package.json ] || echo '{ "private": true }' > package.json
# Its script fetches libtensorflow, and is left out.
npm install --ignore-scripts --no-audit --no-fund "@tensorflow/tfjs-node@$tfjs"
module=$folder/node_modules/@tensorflow/tfjs-node

if [ ! -f "$module/deps/lib/libtensorflow_cc.so.2" ]; then
  pip download --no-deps --only-binary=:all: --python-version 3.11 --platform manylinux_2_17_x86_64 \
    --platform manylinux2014_x86_64 --dest "$folder/wheel" "tensorflow-cpu==$tensorflow"
  python3 - "$folder/wheel" "$module/deps" << 'END'
import pathlib, shutil, sys, zipfile
[wheel] = pathlib.Path(sys.argv[1]).glob("*.whl")
deps = pathlib.Path(sys.argv[2])
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        target = None
        if name.startswith("tensorflow/include/") and not name.endswith("/"):
            target = deps / "include" / name.removeprefix("tensorflow/include/")
        elif name.startswith("tensorflow/libtensorflow"):
            target = deps / "lib" / name.removeprefix("tensorflow/")
        if target:
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(name) as source, target.open("wb") as out:
                shutil.copyfileobj(source, out)
END
  rm -rf "$folder/wheel"
fi

# As its binding.gyp has it, but for the name of the library; Node's own headers are beside the program.
headers=$(dirname "$(dirname "$(node -p process.execPath)")")/include/node
target=$module/lib/napi-v8
mkdir -p "$target"
g++ -std=c++17 -O2 -fPIC -shared -DNAPI_VERSION=8 -I"$headers" -I"$module" -I"$module/deps/include" \
  "$module/binding/tfjs_backend.cc" "$module/binding/tfjs_binding.cc" -o "$target/tfjs_binding.node" \
  -L"$module/deps/lib" -l:libtensorflow_cc.so.2 -l:libtensorflow_framework.so.2 -Wl,-rpath,'$ORIGIN/../../deps/lib'
cd "$folder"
node -e "const tf = require('@tensorflow/tfjs-node'); tf.matMul([[1, 2]], [[3], [4]]).print(); console.log(tf.version['tfjs-core'], tf.node)"

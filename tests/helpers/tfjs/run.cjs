// Runs a network in TensorFlow.js: node run.cjs MODEL.json BACKEND < JSON > JSON
//
// In: a list of runs, each {name: flat list of numbers}. Out: the same of outputs.
const fs = require("fs");
const path = require("path");
const tf = require("@tensorflow/tfjs-core");
const { loadGraphModel } = require("@tensorflow/tfjs-converter");
require("@tensorflow/tfjs-backend-cpu");
const { setWasmPaths } = require("@tensorflow/tfjs-backend-wasm");

function artifacts(file) {
  const { weightsManifest, modelTopology, ...rest } = JSON.parse(
    fs.readFileSync(file),
  );
  const [{ paths, weights }] = weightsManifest;
  const read = (name) => fs.readFileSync(path.join(path.dirname(file), name));
  const weightData = new Uint8Array(Buffer.concat(paths.map(read))).buffer;
  return { ...rest, modelTopology, weightSpecs: weights, weightData };
}

async function main(file, backend) {
  const folder = path.dirname(
    require.resolve("@tensorflow/tfjs-backend-wasm/package.json"),
  );
  setWasmPaths(path.join(folder, "dist") + path.sep);
  await tf.setBackend(backend);
  const description = artifacts(file);
  const model = await loadGraphModel({ load: async () => description });
  const { inputs, outputs } = description.signature;
  const names = Object.keys(outputs);
  const runs = JSON.parse(fs.readFileSync(0)).map((run) => {
    const tensors = {};
    for (const [name, values] of Object.entries(run)) {
      const shape = inputs[name].tensorShape.dim.map(({ size }) => Number(size));
      tensors[name] = tf.tensor(values, shape, "float32");
    }
    const results = model.execute(tensors, names);
    return Object.fromEntries(
      names.map((name, index) => [name, Array.from(results[index].dataSync())]),
    );
  });
  process.stdout.write(JSON.stringify(runs));
}

main(...process.argv.slice(2));

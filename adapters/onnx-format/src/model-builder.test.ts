import test from 'ava';
import onnxProto from 'onnx-proto';
import { bytesOf, smallModel, weights } from './fixtures.test.data.js';
import { OnnxModelBuilder } from './model-builder.js';

test('parts make the model that encode makes, with the bytes of streamed tensors in their places', t => {
  const streamed = smallModel(model => model.streamedInitializer('w', 'float', [2, 2], 16));
  const parts = streamed.parts().map(part => (part instanceof Uint8Array ? part : bytesOf(weights)));
  const inline = smallModel(model => model.initializer('w', 'float', [2, 2], bytesOf(weights)));
  const decode = (bytes: Uint8Array) =>
    onnxProto.onnx.ModelProto.toObject(onnxProto.onnx.ModelProto.decode(bytes));
  t.deepEqual(decode(Buffer.concat(parts)), decode(Buffer.from(inline.encode())));
  t.throws(() => streamed.encode(), { message: /written by its parts/ });
});

test('the opset and the domains are those that are used', t => {
  const opsets = (model: OnnxModelBuilder) =>
    onnxProto.onnx.ModelProto.decode(model.encode()).opsetImport.map(({ domain, version }) => [
      domain,
      Number(version),
    ]);
  const model = new OnnxModelBuilder({ opset: 21 });
  t.deepEqual(opsets(model), [['', 21]]);
  model.node({ op: 'QuickGelu', domain: 'com.microsoft', inputs: ['x'], outputs: ['y'] });
  t.deepEqual(opsets(model), [
    ['', 21],
    ['com.microsoft', 1],
  ]);
});

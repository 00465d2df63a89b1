import type { Bench, Json } from './bench.js';
import { editHeader, editHeaderText, headerLength, WEIGHTS } from './damage.js';
import { refuses } from './refuses.js';

const embedding = 'model.embed_tokens.weight';
const query = 'model.layers.0.self_attn.q_proj.weight';

const damaged = (damage: (bench: Bench) => unknown, says: RegExp) =>
  ({ damage, code: 'E_SAFETENSORS', says, hint: /Fetch the file again/ }) as const;
const entry = (edit: (entry: Json, header: Json) => void, says: RegExp) =>
  damaged(
    editHeader(header => edit(header[query], header)),
    says,
  );

refuses('safetensors', {
  missing: {
    damage: bench => bench.remove(WEIGHTS),
    code: 'E_MODEL_NOT_FOUND',
    says: /model has neither model\.safetensors nor model\.safetensors\.index\.json/,
  },
  'a folder': {
    damage: bench => bench.folderFor(WEIGHTS),
    code: 'E_MODEL_NOT_FOUND',
    says: /model\.safetensors is a folder, expected a file/,
  },
  empty: damaged(bench => bench.cut(WEIGHTS, 0), /has 0 bytes, expected at least 8/),
  'cut in its header': damaged(
    bench => bench.cut(WEIGHTS, 500),
    /its header ends at byte \d+, but the file has 500 bytes/,
  ),
  'cut in its data': damaged(
    bench => bench.cut(WEIGHTS, 2_000_000),
    /has 2000000 bytes, but model\.\S+ ends at \d+: the file is cut short/,
  ),
  'longer than its tensors': damaged(
    bench => bench.write(WEIGHTS, Buffer.concat([bench.read(WEIGHTS), Buffer.from('more')])),
    /has 4 bytes that belong to no tensor/,
  ),

  'a header beyond the file': damaged(
    headerLength(50_000_000n),
    /header ends at byte 50000008, but the file has 2745456 bytes/,
  ),
  'a header of 2^53 bytes': damaged(
    headerLength(2n ** 53n),
    /header has 9007199254740992 bytes, expected at most 100000000/,
  ),
  'a header of 2^64 - 1 bytes': damaged(headerLength(2n ** 64n - 1n), /expected at most 100000000/),
  'a header of 0 bytes': damaged(headerLength(0n), /header that does not begin with "\{"/),
  'a header of 1 byte': damaged(headerLength(1n), /header that is not JSON/),
  'a header that is not JSON': damaged(
    editHeaderText(header => header.trimEnd().slice(0, -1)),
    /header that is not JSON/,
  ),
  'a header that is an array': damaged(
    editHeaderText(header => `[${header}]`),
    /header that does not begin with "\{"/,
  ),
  'a header that is not UTF-8': damaged(
    bench => bench.write(WEIGHTS, bench.read(WEIGHTS).fill(0xff, 9, 60)),
    /header that is not UTF-8/,
  ),
  'a key twice': damaged(
    editHeaderText(header => `{"${embedding}":{},${header.slice(1)}`),
    /has "model\.embed_tokens\.weight" twice/,
  ),
  'metadata that is no map of strings': damaged(
    editHeader(header => {
      header.__metadata__ = { format: 1 };
    }),
    /__metadata__ that is not a map of strings/,
  ),

  'offsets that overlap': entry((own, header) => {
    own.data_offsets = header['model.layers.0.self_attn.o_proj.weight'].data_offsets;
  }, /has model\.layers\.0\.self_attn\.[oq]_proj\.weight overlap the tensor before it/),
  'offsets beyond the file': damaged(
    editHeader(header => {
      const last = Object.values<Json>(header).reduce((a, b) =>
        (b.data_offsets?.[1] ?? 0) > (a.data_offsets?.[1] ?? 0) ? b : a,
      );
      last.data_offsets[1] += 256;
      last.shape = [last.shape[0] + 128, ...last.shape.slice(1)];
    }),
    /but model\.\S+ ends at \d+: the file is cut short/,
  ),
  'a hole between tensors': entry((_, header) => {
    delete header[query];
  }, /hole of 32768 bytes before model\./),
  'negative offsets': entry(own => {
    own.data_offsets[0] = -4;
  }, /q_proj\.weight the offsets \[-4,\d+\], expected/),
  'reversed offsets': entry(own => {
    own.data_offsets.reverse();
  }, /q_proj\.weight the offsets \[877056,844288\], expected/),
  'offsets between bytes': entry(own => {
    own.data_offsets[0] += 0.5;
  }, /the offsets \[844288\.5,877056\]/),
  'offsets that are no numbers': entry(own => {
    own.data_offsets = ['0', '4'];
  }, /the offsets \["0","4"\]/),
  'bytes that do not make the shape': entry(own => {
    own.shape = [128, 127];
  }, /32768 bytes, but BF16 of shape \[128, 127\] takes 32512/),
  'bytes that do not make the type': entry(own => {
    own.dtype = 'F32';
  }, /32768 bytes, but F32 of shape \[128, 128\] takes 65536/),
  'a shape that overflows': entry(own => {
    own.shape = [2 ** 52, 2 ** 52];
  }, /the shape \[4503599627370496,4503599627370496\], expected a list of counts/),
  'a negative shape': entry(own => {
    own.shape = [-128, -128];
  }, /the shape \[-128,-128\], expected/),
  'a tensor that is null': entry((_, header) => {
    header[query] = null;
  }, /describes model\.layers\.0\.self_attn\.q_proj\.weight by something that is not an object/),
  'a type that the format does not know': entry(own => {
    own.dtype = 'Q4_0';
  }, /q_proj\.weight the unknown element type "Q4_0", expected one of BOOL, /),
  'no type': entry(own => {
    delete own.dtype;
  }, /the unknown element type undefined/),
  'a type that is no weight': {
    damage: editHeader(header => {
      header[query].dtype = 'I16';
    }),
    code: 'E_TENSOR_DTYPE',
    says: /q_proj\.weight has the element type I16, expected F64, F32, F16, BF16/,
    hint: /quantised/,
  },
});

// SigLIP's tokenizers against sentencepiece itself, on small vocabularies of both kinds in the hub's layout.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { createSiglipTokenizer, textTokenizer } from '../src/index.ts';
import { copyTokenizer, loadTokenizer, openTokenizer } from '../src/node.ts';
import { randomSiglip, smallSiglip } from './plain/siglip.ts';

interface Case {
  readonly text: string;
  readonly siglip1: readonly number[];
  readonly siglip2: readonly number[];
}

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const cases = (await readFile(fixture('siglip-tokens.jsonl'), 'utf8'))
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Case);
const jsonOf = async (kind: string) => JSON.parse(await readFile(fixture(`${kind}.tokenizer.json`), 'utf8'));

const folder = await mkdtemp(join(tmpdir(), 'webcir-siglip-tokenizer-'));
afterAll(() => rm(folder, { recursive: true }));

describe.each([
  { kind: 'siglip1', vocabularySize: 156, endOfText: 1, padding: 1 },
  { kind: 'siglip2', vocabularySize: 520, endOfText: 1, padding: 0 },
] as const)('the tokenizer of $kind', async ({ kind, ...special }) => {
  const tokenizer = await createSiglipTokenizer(await jsonOf(kind));

  test('gives the ids of sentencepiece, the end of text and padding', () => {
    expect(tokenizer).toMatchObject(special);
    expect(tokenizer.startOfText).toBeUndefined();
    expect(cases.length).toBeGreaterThan(60);
    for (const { text, [kind]: ids } of cases) {
      expect(tokenizer.encode(text), text).toEqual(ids);
      const { endOfText, padding } = special;
      const row = [...ids.slice(0, 63), endOfText, ...Array(63).fill(padding)].slice(0, 64);
      expect([...tokenizer.tokenize(text, { truncate: true })], text).toEqual(row);
    }
  });

  test('says what does not fit, and reads ids back', () => {
    expect(() => tokenizer.tokenize('red '.repeat(80))).toThrow('tokens with start and end, the context holds 64');
    expect(tokenizer.tokenize('is red', { context: 9 })).toHaveLength(9);
    expect(tokenizer.decode(tokenizer.tokenize('is red and has longer sleeves')).trim()).toBe(
      'is red and has longer sleeves',
    );
    expect(tokenizer.decode([])).toBe('');
    const { vocabularySize } = special;
    expect(() => tokenizer.decode([vocabularySize])).toThrow(`Token id ${vocabularySize}: expected 0 to`);
  });

  test('makes rows as long as the context for the model', () => {
    const model = randomSiglip({ ...smallSiglip, ...special }, 1);
    const tokens = textTokenizer(model, tokenizer);
    const ids = tokenizer.encode('is red');
    const rest = Array(smallSiglip.contextLength - ids.length - 1).fill(special.padding);
    const rows = [...ids, special.endOfText, ...rest];
    expect(tokens('Is red')).toEqual({ rows, textLength: ids.length, unknown: [], cut: 0 });
    expect(tokens('').textLength).toBe(0);
    expect(() => tokens('is red '.repeat(20))).toThrow('the model reads at most 16');
    // open_clip takes the punctuation out for both generations, transformers for the first alone.
    const canonical = textTokenizer({ ...model, config: { ...model.config, canonicalText: true } }, tokenizer);
    expect(canonical('Is red!')).toEqual(tokens('is red'));
    if (kind === 'siglip2') expect(tokens('Is red!')).not.toEqual(tokens('is red'));
  });
});

describe('openTokenizer', () => {
  const model = randomSiglip(smallSiglip, 1);
  const weights = join(folder, 'model.safetensors');

  test('finds the tokenizer.json beside the weights, also beside those of a run', async () => {
    await expect(openTokenizer(weights, model)).rejects.toThrow(
      `${join(folder, 'tokenizer.json')}: there is no such file. A SigLIP reads texts with the tokenizer.json`,
    );
    await cp(fixture('siglip2.tokenizer.json'), join(folder, 'tokenizer.json'));
    await writeFile(weights, '');
    expect((await openTokenizer(folder, model)).vocabularySize).toBe(520);
    const run = await mkdtemp(join(folder, 'run-'));
    await copyTokenizer(folder, run, model);
    expect((await openTokenizer(join(run, 'clip.safetensors'), model)).vocabularySize).toBe(520);
  });

  test("gives CLIP's for a CLIP, which needs no file", async () => {
    const clip = { ...model, config: { ...model.config, family: 'clip' } } as const;
    await copyTokenizer('nowhere', 'nowhere', clip);
    expect((await openTokenizer('nowhere', clip)).vocabularySize).toBe(49408);
    const [ofClip, ofSiglip] = [await loadTokenizer(), await createSiglipTokenizer(await jsonOf('siglip1'))];
    expect(() => textTokenizer(clip, ofSiglip)).toThrow("the tokenizer SigLIP's: use CLIP's vocabulary");
    expect(() => textTokenizer(model, ofClip)).toThrow('use the tokenizer.json that came with its weights');
  });

  test.each<[string, string, string]>([
    ['no JSON', '{', 'tokenizer.json: is not JSON'],
    ['another kind', '{"model":{"type":"WordPiece","vocab":{}}}', 'found a model of type WordPiece'],
    ['no model', '[]', 'found a model of type none'],
    [
      'no end of text',
      '{"model":{"type":"BPE","vocab":{},"merges":[]},"added_tokens":[],"normalizer":null,"pre_tokenizer":null,' +
        '"post_processor":null,"decoder":null}',
      'expected the token <eos> in the vocabulary of a BPE tokenizer.json',
    ],
  ])('refuses %s by the name of the file', async (_, text, message) => {
    const other = await mkdtemp(join(folder, 'other-'));
    await writeFile(join(other, 'tokenizer.json'), text);
    const error = await openTokenizer(join(other, 'clip.safetensors'), model).catch((cause: Error) => cause.message);
    expect(error).toContain(join(other, 'tokenizer.json'));
    expect(error).toContain(message);
  });
});

test("open_clip's file of SigLIP, which leaves the cleaning to the caller, gives the same ids", async () => {
  const json = await jsonOf('siglip1');
  const { normalizers } = json.normalizer;
  const [charsmap] = normalizers.filter(({ type }: { type: string }) => type === 'Precompiled');
  const spaces = { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' };
  const tokenizer = await createSiglipTokenizer({
    ...json,
    normalizer: { type: 'Sequence', normalizers: [charsmap, spaces] },
    pre_tokenizer: { type: 'Sequence', pretokenizers: [{ type: 'WhitespaceSplit' }, json.pre_tokenizer] },
  });
  for (const { text, siglip1 } of cases) expect(tokenizer.encode(text), text).toEqual(siglip1);
});

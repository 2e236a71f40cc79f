// What the page remembers, and how a link carries it.
import { describe, expect, it } from 'vitest';
import { fromAddress, goBack, goTo, START, type State, Store, toAddress, toggled } from '../src/state.ts';

const state: State = {
  ...START,
  set: 'emoji-cir',
  reference: '1f469-200d-1f692',
  text: 'a man & “darker” = 100 %, please',
  balance: -0.3,
  more: ['1f468', 'own:1a'],
  less: ['1f600'],
  trail: [
    { reference: '1f469', text: 'as a firefighter' },
    { reference: 'own:1a', text: '' },
  ],
};

describe('an address', () => {
  it('leads to the state that it was made of', () => {
    expect(fromAddress(toAddress(state))).toEqual(state);
    expect(fromAddress(toAddress(START))).toEqual(START);
  });

  it('does not tell what was searched within', () => {
    expect(fromAddress(toAddress({ ...state, within: ['1f468'] }))).toEqual(state);
  });

  it('that somebody has changed is read as far as it makes sense', () => {
    expect(fromAddress('#balance=7&set=x&from=a')).toEqual({
      ...START,
      set: 'x',
      trail: [{ reference: 'a', text: '' }],
    });
    expect(fromAddress('#balance=much').balance).toBe(0);
    expect(fromAddress('nonsense')).toEqual(START);
    const long = Array.from({ length: 40 }, (_, i) => `from=${i}+x`).join('&');
    expect(fromAddress(`#${long}`).trail.map(({ reference }) => reference)).toEqual(
      Array.from({ length: 12 }, (_, i) => String(28 + i)),
    );
  });
});

describe('a trail', () => {
  it('grows with every picture that is gone on from, and marks stay behind', () => {
    const next = goTo(state, '1f468');
    expect(next).toEqual({
      ...state,
      reference: '1f468',
      text: '',
      more: [],
      less: [],
      trail: [...state.trail, { reference: state.reference, text: state.text }],
    });
    expect(goTo(START, '1f468').trail).toEqual([]);
  });

  it('is shorter after a step back, which is as it was', () => {
    expect(goBack(goTo(state, '1f468'), 2)).toEqual({ ...state, more: [], less: [] });
    expect(goBack(state, 0)).toMatchObject({ reference: '1f469', text: 'as a firefighter', trail: [] });
  });

  it('keeps its last twelve steps', () => {
    let walked: State = START;
    for (let i = 0; i < 20; i++) walked = goTo(walked, String(i));
    expect(walked.trail.map(({ reference }) => reference)).toEqual(Array.from({ length: 12 }, (_, i) => String(7 + i)));
  });
});

it('an id is added to a list, or taken out', () => {
  expect(toggled(['a'], 'b')).toEqual(['a', 'b']);
  expect(toggled(['a', 'b'], 'a')).toEqual(['b']);
});

it('a store tells what changed', () => {
  const store = new Store(START);
  const told: [State, State][] = [];
  store.listen((now, before) => told.push([now, before]));
  store.set({ text: 'longer' });
  expect(told).toEqual([[{ ...START, text: 'longer' }, START]]);
  expect(store.value.text).toBe('longer');
});

/** JPEG segments on their own: both sides of each limit of ITU-T T.81 annex B. */
import {
  newTables,
  readFrame,
  readHuffmanTables,
  readQuantizationTables,
  readScan,
  type Tables,
} from '../../../src/connectors/image/jpeg-segments';
import { hex } from './image-parts';

const FRAME = /frame header \(SOF\)/;
const SCAN = /scan header \(SOS\)/;
const DQT = /quantization table \(DQT\)/;
const DHT = /Huffman table \(DHT\)/;
const UNDEFINED = /a table \(DQT or DHT\) that it does not define/;

/** 16 by 16 pixels of the given components: each its identifier, sampling factors and quantization table. */
const frame = (...components: string[]): Buffer =>
  hex(`08 0010 0010 ${components.length.toString(16).padStart(2, '0')} ${components.join('')}`);
const GREY = ['011100'];
const COLOUR = ['012200', '021100', '031100'];
const CMYK = ['011100', '021100', '031100', '041100'];

/** All of table 0, and table 1 for nothing but AC coefficients. */
const tables = (without: Partial<Tables> = {}): Tables => ({
  ...newTables(),
  quantization: new Set([0]),
  dc: new Set([0]),
  ac: new Set([0, 1]),
  ...without,
});

describe('frame header', () => {
  test.each([
    ['all sampling factors 4', ['014400']],
    ['quantization table 3', ['011103']],
    ['identifiers from 0', ['001100', '011100', '021100']],
    ['four components', CMYK],
  ])('takes %s', (_, components) => {
    expect(readFrame(frame(...components), false)).toMatchObject({ width: 16, height: 16 });
  });

  test.each<[string, Buffer]>([
    ['no component count', hex('08 0010 0010')],
    ['nothing', hex('')],
    ['a byte too few', frame(...COLOUR).subarray(0, -1)],
    ['a byte too many', Buffer.concat([frame(...COLOUR), hex('00')])],
    ['no horizontal sampling', frame('010100')],
    ['no vertical sampling', frame('011000')],
    ['horizontal sampling 5', frame('015100')],
    ['vertical sampling 5', frame('011500')],
    ['quantization table 4', frame('011104')],
    ['an identifier twice', frame('011100', '021100', '011100')],
  ])('refuses %s', (_, segment) => {
    expect(() => readFrame(segment, false)).toThrow(FRAME);
  });

  test.each([0, 2, 5])('refuses %d components', (count) => {
    const components = Array.from({ length: count }, (_, id) => `0${id}1100`);
    expect(() => readFrame(frame(...components), false)).toThrow(`${count} colour components; a logo has 1, 3 or 4`);
  });
});

/** Components as identifier and tables (DC, AC), then first and last coefficient, and approximation. */
const scan = (components: string[], rest = '00 3F 00'): Buffer =>
  hex(`${components.length.toString(16).padStart(2, '0')} ${components.join('')} ${rest}`);

describe('scan header', () => {
  const sequential = (components: string[]) => readFrame(frame(...components), false);
  const progressive = (components: string[]) => readFrame(frame(...components), true);

  test.each<[string, Buffer, ReturnType<typeof readFrame>, Tables, number[]]>([
    ['a sequential one', scan(['0100']), sequential(GREY), tables(), [1]],
    ['other tables for DC and AC', scan(['0101']), sequential(GREY), tables(), [1]],
    ['all of four components', scan(['0100', '0200', '0300', '0400']), sequential(CMYK), tables(), [1, 2, 3, 4]],
    [
      '10 blocks in a unit',
      scan(['0100', '0200', '0300']),
      sequential(['014200', ...COLOUR.slice(1)]),
      tables(),
      [1, 2, 3],
    ],
    ['16 blocks of one component', scan(['0100']), sequential(['014400']), tables(), [1]],
    ['DC first, without AC tables', scan(['0100'], '000001'), progressive(GREY), tables({ ac: new Set() }), [1]],
    [
      'DC refined, without any',
      scan(['0100'], '000010'),
      progressive(GREY),
      tables({ ac: new Set(), dc: new Set() }),
      [],
    ],
    ['AC, without DC tables', scan(['0100'], '013F00'), progressive(GREY), tables({ dc: new Set() }), []],
    ['AC of one coefficient', scan(['0100'], '050500'), progressive(GREY), tables(), []],
  ])('takes %s', (_, segment, of, defined, begun) => {
    expect(readScan(segment, of, defined)).toEqual(begun);
  });

  test.each<[string, Buffer, ReturnType<typeof readFrame>, Tables, RegExp]>([
    ['nothing', hex(''), sequential(GREY), tables(), SCAN],
    ['a byte too few', scan(['0100'], '003F'), sequential(GREY), tables(), SCAN],
    ['a byte too many', scan(['0100'], '003F0000'), sequential(GREY), tables(), SCAN],
    ['no component', scan([]), sequential(GREY), tables(), SCAN],
    ['five components', scan(['0100', '0200', '0300', '0400', '0500']), sequential(CMYK), tables(), SCAN],
    ['a component twice', scan(['0100', '0100']), sequential(COLOUR), tables(), SCAN],
    ['a component that the frame has not', scan(['0200']), sequential(GREY), tables(), SCAN],
    ['11 blocks in a unit', scan(['0100', '0200', '0300']), sequential(['013300', ...COLOUR.slice(1)]), tables(), SCAN],
    ['DC with AC', scan(['0100'], '003F00'), progressive(GREY), tables(), SCAN],
    ['AC of two components', scan(['0100', '0200'], '013F00'), progressive(COLOUR), tables(), SCAN],
    ['coefficients backwards', scan(['0100'], '060500'), progressive(GREY), tables(), SCAN],
    ['coefficient 64', scan(['0100'], '014000'), progressive(GREY), tables(), SCAN],
    ['an undefined quantization table', scan(['0100']), sequential(['011101']), tables(), UNDEFINED],
    ['an undefined DC table', scan(['0110']), sequential(GREY), tables(), UNDEFINED],
    ['an undefined AC table', scan(['0102']), sequential(GREY), tables(), UNDEFINED],
    ['DC first without its table', scan(['0100'], '000001'), progressive(GREY), tables({ dc: new Set() }), UNDEFINED],
    ['AC without its table', scan(['0100'], '013F00'), progressive(GREY), tables({ ac: new Set() }), UNDEFINED],
  ])('refuses %s', (_, segment, of, defined, reason) => {
    expect(() => readScan(segment, of, defined)).toThrow(reason);
  });
});

describe('tables', () => {
  const bytes = (count: number, byte = '01') => byte.repeat(count);
  const defined = (read: (segment: Buffer, into: Tables) => void, segment: string) => {
    const into = newTables();
    read(hex(segment), into);
    return { quantization: [...into.quantization], dc: [...into.dc], ac: [...into.ac] };
  };

  test.each([
    ['one of 8 bits', `03${bytes(64)}`, [3]],
    ['one of 16 bits', `10${bytes(128)}`, [0]],
    ['two of different width', `01${bytes(64)}12${bytes(128)}`, [1, 2]],
  ])('for quantization: %s', (_, segment, quantization) => {
    expect(defined(readQuantizationTables, segment)).toEqual({ quantization, dc: [], ac: [] });
  });

  test.each([
    ['nothing', ''],
    ['one too short', `00${bytes(63)}`],
    ['one too long', `00${bytes(65)}`],
    ['table 4', `04${bytes(64)}`],
    ['24 bits', `20${bytes(192)}`],
  ])('for quantization, refused: %s', (_, segment) => {
    expect(() => defined(readQuantizationTables, segment)).toThrow(DQT);
  });

  /** Codes of 8 bits fill the code space at 256. */
  const EIGHT_BIT_CODES = (count: string) => `${bytes(7, '00')}${count}${bytes(8, '00')}`;
  test.each([
    ['DC 3', `03${EIGHT_BIT_CODES('02')}0102`, { dc: [3], ac: [] }],
    ['AC 0, all the code space', `10 02${bytes(15, '00')}0102`, { dc: [], ac: [0] }],
    ['AC 1, 256 values', `11${bytes(7, '00')}FF00000000000000 01${bytes(256)}`, { dc: [], ac: [1] }],
    ['two', `00${EIGHT_BIT_CODES('01')}01 11${EIGHT_BIT_CODES('01')}01`, { dc: [0], ac: [1] }],
  ])('of Huffman codes: %s', (_, segment, expected) => {
    expect(defined(readHuffmanTables, segment)).toEqual({ quantization: [], ...expected });
  });

  test.each([
    ['nothing', ''],
    ['counts cut short', `00${bytes(15, '00')}`],
    ['values cut short', `00${EIGHT_BIT_CODES('02')}01`],
    ['a value too many', `00${EIGHT_BIT_CODES('01')}0102`],
    ['table 4', `04${EIGHT_BIT_CODES('01')}01`],
    ['class 2', `20${EIGHT_BIT_CODES('01')}01`],
    ['more codes than fit', `00 0201${bytes(14, '00')}010203`],
    ['257 values', `00${bytes(14, '00')}FF02${bytes(257)}`],
  ])('of Huffman codes, refused: %s', (_, segment) => {
    expect(() => defined(readHuffmanTables, segment)).toThrow(DHT);
  });
});

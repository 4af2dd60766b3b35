import fc from 'fast-check'

const BEFORE_SURROGATES = fc.integer({ min: 0, max: 0xd7ff })
const AFTER_SURROGATES = fc.integer({ min: 0xe000, max: 0x10_ffff })

/**
 * Any code point but lone surrogates, for `fc.string({ unit: anyCharacter })`. fast-check's own
 * `binary` first makes a table of all 1.1 million of them, which takes nearly 2 s a process.
 */
export const anyCharacter: fc.Arbitrary<string> = fc
  .oneof(BEFORE_SURROGATES, AFTER_SURROGATES)
  .map((codePoint) => String.fromCodePoint(codePoint))

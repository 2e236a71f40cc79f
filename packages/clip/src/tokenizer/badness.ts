// Kinds of characters that UTF-8 turns into when it is read in another encoding, as parts of a character class.
const c1 = '\\x80-\\x9f';
/** At home in ordinary text too. */
const common = '\\xa0\\xad·´–—―…’';
/** Hardly ever meant. */
const bad = '¦¤¨¬¯¸ƒˆˇ˘˛˜†‡‰⌐◊\\ufffdªº';
const law = '¶§';
const currency = '¢£¥₧€';
const start = '¡«¿©\\u0384\\u0385‘‚“„•‹\\uf8ff';
const end = '®»˝”›™';
const numeric = '²³¹±¼½¾×µ÷⁄∂∆∏∑√∞∩∫≈≠≡≤≥№';
/** Letters in faces such as ヽ(ò_ó)ノ, which stand in unlikely places. */
const faces = 'Ò-ÖÙ-Üò-öø-üŐŌŪŲ°';
const upper = 'À-ÑØÜÝĂĀĄĆČĎĐĘĚĒĖĞĢİĪĶĹĽŁĻŃŇŅŒŘŚŞŠŢŤŮŰŸŹŻŽҐ';
const lower = 'ßà-ñăąāćčďđęěēėğģįīķĺľłļœŕśşšťüźżžґ\\ufb01\\ufb02';
/** Greek and Cyrillic letters, which may end a word. */
const upperCommon = 'ÞΑ-ΩΆΈΉΊΌΎΏΪΫЁ-Я';
const lowerCommon = 'α-ωάέήίΰа-џ';
const box = '│┌┐┘├┤┬┼═-╬▀▄█▌▐░▒▓';

const accented = lower + upper;
const symbols = box + start + end + currency + numeric + law;
const space = '[\\p{White_Space}\\x1c-\\x1f]';
const arabic = `[ØÙ][${common}${currency}${bad}${numeric}${start}ŸŠ®°µ»]`;
const cyrillicOrGreek = `${c1}${bad}${start}${end}${currency}°`;

/**
 * Neighbours that hardly occur in text that was read as it was written: the heuristic of ftfy 6.3.1 (`badness.py`),
 * whose rules these are.
 */
const UNLIKELY = new RegExp(
  [
    `[${c1}]`,
    `[${bad}${accented}${symbols}][${bad}]`,
    `[a-zA-Z][${lowerCommon}${upperCommon}][${bad}]`,
    `[${bad}][${accented}${symbols}]`,
    `[${lower}${lowerCommon}${box}${end}${currency}${numeric}][${upper}]`,
    `[${box}${end}${currency}${numeric}][${lower}]`,
    `[${lower}${box}${end}][${currency}]`,
    `${space}[${upper}][${currency}]`,
    `[${upper}${box}][${numeric}${law}]`,
    `[${accented}${box}${currency}${end}][${start}][${numeric}]`,
    `[${accented}${currency}${numeric}${box}${law}][${end}][${start}]`,
    `[${currency}${numeric}${box}][${start}]`,
    `[a-z][${upper}][${start}${currency}]`,
    `[${box}][${faces}]`,
    `[${accented}${currency}${numeric}${start}${end}${law}][${box}]`,
    `[${box}][${end}]`,
    `[${accented}][${start}${end}][\\p{L}\\p{N}_]`,
    '[Œœ][^A-Za-z]',
    `[${upper}]°`,
    // Pairs of Windows-1252, Arabic and South Asian letters in it
    `[ÂÃÎÐ][€œŠš¢£Ÿž\\xa0\\xad®©°·»${start}${end}–—´]`,
    '×[²³]',
    arabic + arabic,
    'à[²µ¹¼½¾]',
    // Mac Roman
    '√[±∂†≠®™´≤≥¥µø]',
    '≈[°¢]',
    '‚Ä[ìîïòôúùû†°¢π]',
    '‚[âó][àä°ê]',
    // Windows-1251
    'вЂ',
    `[ВГРС][${cyrillicOrGreek}µ][ВГРС]`,
    'ГўВЂВ[^\\n][A-Za-z ]',
    // à, á and a no-break space in Windows-1252
    'Ã[\\xa0¡]',
    `[a-z]${space}?[ÃÂ] `,
    '^[ÃÂ] ',
    `[a-z.,?!${end}]Â[ ${start}${end}]`,
    // Windows-1253 and Windows-1257
    'β€[™\\xa0Ά\\xad®°]',
    `[ΒΓΞΟ][${cyrillicOrGreek}][ΒΓΞΟ]`,
    'ā€',
  ].join('|'),
  'u',
);

/** Whether a text looks as if UTF-8 had been read in another encoding. ASCII never does. */
export const isMojibake = (text: string): boolean => UNLIKELY.test(text);

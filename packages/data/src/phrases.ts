import type { Attribute, FashionCategory } from './attributes.ts';

/** Ways to say one thing about a garment. */
export interface Phrases {
  /** Fit after "is": "darker", "striped". */
  is: readonly string[];
  /** Fit after "has" or "with": "longer sleeves", "stripes". */
  has: readonly string[];
}

export const nouns: Record<FashionCategory, readonly string[]> = {
  dress: ['dress', 'dress', 'gown', 'frock'],
  shirt: ['shirt', 'shirt', 'blouse', 'button down'],
  toptee: ['t-shirt', 'tee', 'top', 'tee shirt'],
};

/** Phrases for a value by itself, whatever it is compared with. */
export const absolute: Record<Attribute, Record<string, Phrases>> = {
  tone: {
    black: {
      is: ['black', 'all black', 'jet black', 'solid black', 'very dark', 'black in color', 'midnight black', 'ebony'],
      has: ['a black color', 'a black tone', 'black fabric'],
    },
    dark: {
      is: ['dark', 'dark grey', 'charcoal', 'dark gray', 'dark in color', 'slate grey', 'deep grey', 'graphite'],
      has: ['a dark color', 'a charcoal tone', 'dark fabric', 'dark grey fabric'],
    },
    grey: {
      is: ['grey', 'gray', 'medium grey', 'mid grey', 'grey in color', 'ash grey', 'a neutral grey', 'stone grey'],
      has: ['a grey color', 'a gray tone', 'a medium tone', 'grey fabric'],
    },
    light: {
      is: ['light', 'light grey', 'pale grey', 'light colored', 'light in color', 'silver grey', 'pastel', 'faded'],
      has: ['a light color', 'a pale tone', 'light fabric', 'a soft light shade'],
    },
    white: {
      is: [
        'white',
        'off white',
        'cream',
        'ivory',
        'bright white',
        'white in color',
        'nearly white',
        'snow white',
        'beige',
      ],
      has: ['a white color', 'a white background', 'white fabric', 'a cream tone'],
    },
  },
  pattern: {
    plain: {
      is: [
        'plain',
        'a solid color',
        'solid colored',
        'one color',
        'simple and plain',
        'unpatterned',
        'all one solid color',
      ],
      has: ['no print', 'no pattern', 'a solid color', 'a plain design', 'nothing printed on it', 'no graphic'],
    },
    graphic: {
      is: ['a graphic tee', 'printed on the chest', 'decorated with a logo'],
      has: [
        'a graphic',
        'a logo on the front',
        'a picture on the chest',
        'a graphic on the front',
        'an image in the middle',
        'lettering on the chest',
        'a design on the chest',
        'words on the front',
        'a slogan across the chest',
        'a large emblem',
      ],
    },
    print: {
      is: [
        'printed',
        'patterned',
        'covered in a print',
        'patterned all over',
        'multi colored',
        'busy',
        'more colorful',
        'decorated',
        'textured with a print',
      ],
      has: [
        'a print',
        'a pattern',
        'an all over print',
        'a busy pattern',
        'a printed design',
        'a bold pattern',
        'a repeating pattern',
        'a motif all over',
        'more decoration',
      ],
    },
    striped: {
      is: ['striped', 'covered in stripes', 'horizontally striped', 'stripy', 'banded', 'lined across'],
      has: [
        'stripes',
        'horizontal stripes',
        'a striped pattern',
        'bold stripes',
        'bands across it',
        'lines across the body',
      ],
    },
  },
  sleeves: {
    none: {
      is: [
        'sleeveless',
        'without sleeves',
        'a sleeveless style',
        'bare at the arms',
        'cut off at the shoulders',
        'a tank',
      ],
      has: ['no sleeves', 'bare arms', 'open shoulders', 'a tank style top', 'wide shoulders and no sleeves'],
    },
    straps: {
      is: ['strappy', 'held up by straps', 'a cami style', 'sleeveless with straps', 'a camisole'],
      has: ['thin straps', 'spaghetti straps', 'straps instead of sleeves', 'skinny shoulder straps', 'straps'],
    },
    short: {
      is: ['short sleeved', 'a short sleeve style', 'short in the sleeves'],
      has: ['short sleeves', 'a short sleeve', 'little sleeves', 'sleeves above the elbow'],
    },
    mid: {
      is: ['three quarter sleeved', 'elbow length in the sleeves', 'a half sleeve style'],
      has: ['three quarter sleeves', 'elbow length sleeves', 'mid length sleeves', 'half length sleeves'],
    },
    long: {
      is: ['long sleeved', 'a long sleeve style', 'long in the sleeves'],
      has: ['long sleeves', 'a long sleeve', 'full length sleeves', 'sleeves down to the wrist', 'full sleeves'],
    },
  },
  fit: {
    slim: {
      is: ['slim', 'fitted', 'narrow', 'tight', 'close fitting', 'slim cut', 'snug', 'figure hugging'],
      has: ['a slim fit', 'a narrow cut', 'a tight fit', 'a fitted body', 'a slim shape'],
    },
    regular: {
      is: ['regular', 'classic in fit', 'normally cut'],
      has: ['a regular fit', 'a classic cut', 'a normal fit'],
    },
    loose: {
      is: ['loose', 'wide', 'baggy', 'oversized', 'boxy', 'roomy', 'loose fitting', 'big', 'flowy', 'slouchy'],
      has: ['a loose fit', 'a wide cut', 'a relaxed fit', 'a boxy shape', 'an oversized body'],
    },
  },
  length: {
    short: {
      is: ['short', 'a mini', 'above the knee', 'short in length', 'thigh length', 'cropped at the thigh', 'leggy'],
      has: ['a short skirt', 'a mini length', 'a short hem', 'a high hemline'],
    },
    knee: {
      is: ['knee length', 'medium length', 'mid length'],
      has: ['a knee length skirt', 'a hem at the knee', 'a medium length'],
    },
    long: {
      is: ['long', 'a maxi', 'floor length', 'ankle length', 'full length', 'down to the floor', 'evening length'],
      has: ['a long skirt', 'a maxi length', 'a long hem', 'a floor length skirt'],
    },
  },
  skirt: {
    straight: {
      is: ['straight', 'bodycon', 'straight cut', 'slim at the hem', 'a sheath', 'column shaped', 'tube like'],
      has: ['a straight skirt', 'a pencil skirt', 'a straight cut', 'a narrow hem', 'a slim skirt'],
    },
    soft: {
      is: ['slightly flared', 'softly shaped'],
      has: ['a gentle flare', 'a softly flared skirt'],
    },
    flared: {
      is: [
        'flared',
        'a-line',
        'fit and flare',
        'flowing at the bottom',
        'wide at the hem',
        'a skater style',
        'full skirted',
        'swingy',
      ],
      has: ['a flared skirt', 'a full skirt', 'a wide hem', 'a flowing skirt', 'a swing skirt', 'a flared bottom'],
    },
  },
};

/** Phrases for less, or for more, of an ordered attribute (in the order of `attributeValues`). */
export const comparative: Record<Exclude<Attribute, 'pattern'>, { less: Phrases; more: Phrases }> = {
  tone: {
    less: {
      is: ['darker', 'darker in color', 'deeper in tone', 'a darker shade', 'less bright', 'more dark'],
      has: ['a darker color', 'a darker tone', 'a deeper shade', 'darker fabric', 'a darker hue', 'darker material'],
    },
    more: {
      is: ['lighter', 'lighter in color', 'brighter', 'a lighter shade', 'paler', 'more light in tone', 'less dark'],
      has: [
        'a lighter color',
        'a lighter tone',
        'a brighter shade',
        'lighter fabric',
        'a paler shade',
        'a lighter hue',
        'lighter material',
      ],
    },
  },
  sleeves: {
    less: {
      is: ['shorter in the sleeves', 'more revealing', 'less covered at the arms', 'shorter sleeved'],
      has: ['shorter sleeves', 'less sleeve', 'smaller sleeves', 'less fabric on the arms'],
    },
    more: {
      is: ['longer in the sleeves', 'less revealing', 'more covered at the arms', 'longer sleeved'],
      has: ['longer sleeves', 'more sleeve', 'bigger sleeves', 'more fabric on the arms'],
    },
  },
  fit: {
    less: {
      is: ['slimmer', 'tighter', 'more fitted', 'narrower', 'less loose', 'less wide'],
      has: ['a slimmer fit', 'a tighter fit', 'a narrower body', 'a more fitted shape', 'a closer cut'],
    },
    more: {
      is: ['looser', 'wider', 'baggier', 'roomier', 'boxier', 'more flowing', 'less tight', 'less fitted'],
      has: ['a looser fit', 'a wider body', 'a baggier fit', 'a more relaxed cut', 'a boxier shape'],
    },
  },
  length: {
    less: {
      is: ['shorter', 'shorter in length', 'less long'],
      has: ['a shorter skirt', 'a shorter hem', 'a higher hemline', 'a shorter length'],
    },
    more: {
      is: ['longer', 'longer in length', 'much longer', 'less short'],
      has: ['a longer skirt', 'a longer hem', 'a lower hemline', 'a longer length'],
    },
  },
  skirt: {
    less: {
      is: ['straighter', 'less flared', 'narrower at the hem', 'more fitted', 'slimmer at the bottom'],
      has: ['a straighter skirt', 'a narrower skirt', 'less flare', 'a tighter skirt'],
    },
    more: {
      is: ['more flared', 'wider at the bottom', 'fuller in the skirt', 'more flowing', 'looser at the bottom'],
      has: ['a fuller skirt', 'a wider skirt', 'more flare', 'a more flared skirt', 'a looser skirt'],
    },
  },
};

/** "a" or "an" before a word. */
export function withArticle(text: string): string {
  return `${/^[aeiou]/.test(text) ? 'an' : 'a'} ${text}`;
}

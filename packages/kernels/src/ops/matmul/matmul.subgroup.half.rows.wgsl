// matmul.subgroup.half.wgsl for an a that is not transposed and an inner dimension that is a multiple of 8: a row of a is loaded
// eight halves at a time, for two turns of the loop. Unrolled instead, the code would outgrow the instruction cache (0.8 of the
// speed). The same for the columns of a transposed b is slower, as four more vectors would have to outlive a turn.
enable subgroups;

#include storage.half.include.wgsl

@group(0) @binding(7) var<storage, read> aWide: array<vec4u>; // a once more

#include subgroup.begin.include.wgsl
#for r in 0..4
  var aWords$r: vec4u;
#end
  for (var k = begin / 4u; k * 4u < end; k++) {
    let isSecond = (k & 1u) == 1u;
    if (!isSecond) {
      aWords0 = aWide[(aRow0 + k) / 2u];
      aWords1 = aWide[(aRow1 + k) / 2u];
      if (tall) {
        aWords2 = aWide[(aRow2 + k) / 2u];
        aWords3 = aWide[(aRow3 + k) / 2u];
      }
    }
#include subgroup.right.include.wgsl
#for r in 0..4
    let left$r = unpackHalves(select(aWords$r.xy, aWords$r.zw, isSecond));
#end
#include subgroup.products.include.wgsl
  }

#include subgroup.epilogue.include.wgsl
}

#include subgroup.begin.include.wgsl
  for (var k = begin / 4u; k * 4u < end; k++) {
    // b before a: the other way round lavapipe's code takes up to a sixth longer (measured; the cause is not known).
#include subgroup.right.include.wgsl
#for r in 0..4
    var left$r: vec4f;
#end
    if (transposeA) {
#for u in 0..4
      let p$u = select(vec4f(), readA(min(k * 4u + ${u}u, end - 1u) * rows4 + aColumn), k * 4u + ${u}u < end); // the tail of inner
#end
      left0 = vec4f(p0.x, p1.x, p2.x, p3.x);
      left1 = vec4f(p0.y, p1.y, p2.y, p3.y);
      left2 = vec4f(p0.z, p1.z, p2.z, p3.z);
      left3 = vec4f(p0.w, p1.w, p2.w, p3.w);
    } else {
      left0 = readA(aRow0 + k);
      left1 = readA(aRow1 + k);
      if (tall) {
        left2 = readA(aRow2 + k);
        left3 = readA(aRow3 + k);
      }
    }
#include subgroup.products.include.wgsl
  }

#include subgroup.epilogue.include.wgsl
}

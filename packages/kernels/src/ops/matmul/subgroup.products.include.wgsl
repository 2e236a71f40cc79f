#for r in 0..2
#for l in 0..8
    c${8*r+l} += subgroupShuffle(left$r.x, ${l}u) * right0 + subgroupShuffle(left$r.y, ${l}u) * right1
      + subgroupShuffle(left$r.z, ${l}u) * right2 + subgroupShuffle(left$r.w, ${l}u) * right3;
#end
#end
    if (tall) {
#for r in 2..4
#for l in 0..8
      c${8*r+l} += subgroupShuffle(left$r.x, ${l}u) * right0 + subgroupShuffle(left$r.y, ${l}u) * right1
        + subgroupShuffle(left$r.z, ${l}u) * right2 + subgroupShuffle(left$r.w, ${l}u) * right3;
#end
#end
    }

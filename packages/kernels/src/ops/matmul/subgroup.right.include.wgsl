#for r in 0..4
    var right$r: vec4f;
#end
    if (transposeB) {
#for r in 0..4
      let q$r = readB(bRow$r + k);
#end
      right0 = vec4f(q0.x, q1.x, q2.x, q3.x);
      right1 = vec4f(q0.y, q1.y, q2.y, q3.y);
      right2 = vec4f(q0.z, q1.z, q2.z, q3.z);
      right3 = vec4f(q0.w, q1.w, q2.w, q3.w);
    } else if (transposeA) {
#for u in 0..4
      right$u = readB(min(k * 4u + ${u}u, end - 1u) * columns4 + bColumn);
#end
    } else {
#for u in 0..4
      right$u = readB(bAt + ${u}u * columns4);
#end
      bAt += 4u * columns4;
    }

// y = exp(x - maximum) / sum(exp(x - maximum)) over the last axis.
//
// One thread owns one row and walks it twice: the maximum and the sum together (the sum fades when the maximum grows),
// then the output. The row stays in cache between the walks.
struct Params {
  rows: u32,
  columns: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

const workgroup = 64u;

@compute @workgroup_size(workgroup)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let row = (group.y * groups.x + group.x) * workgroup + local;
  if (row >= params.rows) {
    return;
  }
  let start = row * params.columns;
  let end = start + params.columns;
  var largest = x[start];
  var total = 1.0;
  for (var i = start + 1u; i < end; i++) {
    let value = x[i];
    let next = max(largest, value);
    total = total * exp(largest - next) + exp(value - next);
    largest = next;
  }
  let scale = 1.0 / total;
  for (var i = start; i < end; i++) {
    y[i] = exp(x[i] - largest) * scale;
  }
}

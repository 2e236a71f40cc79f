// Maximum and sum over the eight lanes of a subgroup, by shuffles: subgroupMax and subgroupAdd take longer on lavapipe.
fn maximumOfLanes(own: f32, lane: u32) -> f32 {
  let pair = max(own, subgroupShuffle(own, lane ^ 1u));
  let four = max(pair, subgroupShuffle(pair, lane ^ 2u));
  return max(four, subgroupShuffle(four, lane ^ 4u));
}

fn sumOfLanes(own: f32, lane: u32) -> f32 {
  let pair = own + subgroupShuffle(own, lane ^ 1u);
  let four = pair + subgroupShuffle(pair, lane ^ 2u);
  return four + subgroupShuffle(four, lane ^ 4u);
}

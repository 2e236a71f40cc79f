enable subgroups;

#include y.half.include.wgsl
#include subgroup.include.wgsl

enable subgroups;

#include y.single.include.wgsl
#include subgroup.include.wgsl

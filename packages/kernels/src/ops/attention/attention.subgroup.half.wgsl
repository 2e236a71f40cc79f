enable subgroups;

#include storage.half.include.wgsl
#include subgroup.include.wgsl

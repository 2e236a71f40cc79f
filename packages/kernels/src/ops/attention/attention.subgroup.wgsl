enable subgroups;

#include storage.single.include.wgsl
#include subgroup.include.wgsl

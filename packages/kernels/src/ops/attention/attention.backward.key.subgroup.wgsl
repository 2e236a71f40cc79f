enable subgroups;

#include storage.backward.single.include.wgsl
#include backward.key.subgroup.include.wgsl

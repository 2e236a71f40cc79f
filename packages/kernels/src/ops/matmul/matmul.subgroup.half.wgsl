// Half the bytes to load, which is what decides the time on a CPU: 1.5 times as fast as single precision.
enable subgroups;

#include storage.half.include.wgsl
#include subgroup.include.wgsl

using ReuseportPS.Engine.Btf;

namespace ReuseportPS.Engine.Elf;

/// <summary>What an object file is read for.</summary>
/// <param name="KernelTypes">
/// Types of the kernel that will run the programs (<c>/sys/kernel/btf/vmlinux</c>): CO-RE relocations and kernel functions are resolved against them.
/// Null when they are not known; an object that needs them is then refused.
/// </param>
public sealed record ElfOptions(BtfTypes? KernelTypes = null);

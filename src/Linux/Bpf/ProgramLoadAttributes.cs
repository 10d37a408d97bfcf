using System.Runtime.InteropServices;

namespace ReuseportPS.Linux.Bpf;

/// <summary>What bpf(2) takes for BPF_PROG_LOAD.</summary>
[StructLayout(LayoutKind.Explicit, Size = 144)]
internal unsafe struct ProgramLoadAttributes
{
    [FieldOffset(0)] internal uint prog_type;
    [FieldOffset(4)] internal uint insn_cnt;
    [FieldOffset(8)] internal ulong insns;
    [FieldOffset(16)] internal ulong license;
    [FieldOffset(24)] internal uint log_level;
    [FieldOffset(28)] internal uint log_size;
    [FieldOffset(32)] internal ulong log_buf;
    [FieldOffset(44)] internal uint prog_flags;
    [FieldOffset(48)] internal fixed byte prog_name[16];
    [FieldOffset(68)] internal uint expected_attach_type;
    [FieldOffset(72)] internal int prog_btf_fd;
    [FieldOffset(76)] internal uint func_info_rec_size;
    [FieldOffset(80)] internal ulong func_info;
    [FieldOffset(88)] internal uint func_info_cnt;
    [FieldOffset(92)] internal uint line_info_rec_size;
    [FieldOffset(96)] internal ulong line_info;
    [FieldOffset(104)] internal uint line_info_cnt;
    [FieldOffset(108)] internal uint attach_btf_id;
}

using ReuseportPS.Engine.Btf;

namespace ReuseportPS.Linux.Xray;

/// <summary>Where the X-ray finds things in this kernel, by the kernel's own description of its types (BTF).</summary>
internal sealed record KernelOffsets(
    uint IteratorId, short ContextMeta, short ContextFile, short MetaSequence, short FileInode, short InodeNumber, short SocketSock,
    int SockGroup, int SockCookie, int GroupCount, int GroupClosed, int GroupProgram, int GroupSocks, int ProgramType, int ProgramTag,
    int ProgramAux, int AuxId)
{
    /// <summary>Looks everything up; null with the name of what this kernel lacks.</summary>
    internal static KernelOffsets? Find(BtfTypes btf, out string? missing)
    {
        string? lacking = null;
        int iterator = btf.Find(BtfKind.Function, "bpf_iter_task_file") ?? Lack("bpf_iter_task_file");
        KernelOffsets offsets = new(
            (uint)iterator,
            (short)Offset("bpf_iter__task_file", "meta"),
            (short)Offset("bpf_iter__task_file", "file"),
            (short)Offset("bpf_iter_meta", "seq"),
            (short)Offset("file", "f_inode"),
            (short)Offset("inode", "i_ino"),
            (short)Offset("socket", "sk"),
            Offset("sock", "sk_reuseport_cb"),
            Offset("sock", "__sk_common") + Offset("sock_common", "skc_cookie"),
            Offset("sock_reuseport", "num_socks"),
            Offset("sock_reuseport", "num_closed_socks"),
            Offset("sock_reuseport", "prog"),
            Offset("sock_reuseport", "socks"),
            Offset("bpf_prog", "type"),
            Offset("bpf_prog", "tag"),
            Offset("bpf_prog", "aux"),
            Offset("bpf_prog_aux", "id"));
        missing = lacking;
        return missing is null ? offsets : null;

        int Offset(string type, string field) =>
            btf.Find(BtfKind.Struct, type) is int id && btf.FindField(id, field) is BtfField { BitSize: 0 } found
                ? found.ByteOffset
                : Lack($"{type}.{field}");

        int Lack(string what)
        {
            lacking ??= what;
            return 0;
        }
    }
}

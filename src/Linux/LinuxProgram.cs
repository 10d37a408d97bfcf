using System.Text;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Engine.Btf;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Isa;
using ReuseportPS.Engine.Programs;
using ReuseportPS.Linux.Bpf;
using ReuseportPS.Linux.Interop;

namespace ReuseportPS.Linux;

/// <summary>A program of the kernel.</summary>
public sealed unsafe class LinuxProgram : IBackendProgram
{
    private const int LoadAttempts = 5;
    private const int FirstLogSize = 1 << 16;
    private const int LargestLogSize = 1 << 24;

    private static readonly byte s_call = Instructions.CallHelper(0).Opcode;

    private LinuxProgram(SafeProgramFd fd, ProgramInfo info)
    {
        Fd = fd;
        Id = info.id;
        Name = BpfCall.GetName(info.name);
        Type = (ProgramType)info.type;
        Tag = Convert.ToHexStringLower(new ReadOnlySpan<byte>(info.tag, 8));
    }

    /// <inheritdoc/>
    public uint Id { get; }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Tag { get; }

    /// <summary>Program type.</summary>
    public ProgramType Type { get; }

    internal SafeProgramFd Fd { get; }

    /// <inheritdoc/>
    public void Dispose() => Fd.Dispose();

    /// <summary>A program that a descriptor is open on. Takes the descriptor over: it is closed when this fails.</summary>
    internal static LinuxProgram FromDescriptor(nint descriptor)
    {
        SafeProgramFd fd = new(descriptor);
        nint result = BpfCall.GetInfo(fd, out ProgramInfo info);
        if (result < 0)
        {
            fd.Dispose();
            throw LinuxErrors.Refused("BPF_OBJ_GET_INFO_BY_FD", result, "a program");
        }

        return new LinuxProgram(fd, info);
    }

    /// <summary>The ids of the maps that it uses.</summary>
    internal uint[] ReadMapIds()
    {
        nint result = BpfCall.GetInfo(Fd, out ProgramInfo info);
        uint[] ids = new uint[info.nr_map_ids];
        if (result >= 0 && ids.Length > 0)
        {
            using FdLease lease = new(Fd);
            fixed (uint* buffer = ids)
            {
                ProgramInfo wanted = new() { nr_map_ids = (uint)ids.Length, map_ids = (ulong)buffer };
                ObjectInfoAttributes attributes = new() { bpf_fd = lease.Number, info_len = (uint)sizeof(ProgramInfo), info = (ulong)&wanted };
                result = BpfCall.Invoke(BpfCommand.BPF_OBJ_GET_INFO_BY_FD, ref attributes);
            }
        }

        return result < 0 ? throw LinuxErrors.Refused("BPF_OBJ_GET_INFO_BY_FD", result, $"the maps of program {Id}") : ids;
    }

    /// <summary>BPF_PROG_LOAD: first without a log; when refused, again with one that grows until it fits.</summary>
    /// <param name="spec">The program.</param>
    /// <param name="maps">Live maps, in the order of the spec's.</param>
    /// <param name="attachTypeId">For a tracing program: BTF id of what it attaches to.</param>
    internal static LinuxProgram Load(ProgramSpec spec, IReadOnlyList<IBackendMap> maps, uint attachTypeId = 0)
    {
        string target = $"program '{spec.Name}' ({spec.Type}, {spec.Instructions.Length} instructions)";
        int[] descriptors = new int[maps.Count];
        int leased = 0;
        try
        {
            for (; leased < maps.Count; leased++)
            {
                SafeMapFd fd = maps[leased] is LinuxMap map ? map.Fd : throw new ArgumentException("A map is of another backend.", nameof(maps));
                bool held = false;
                fd.DangerousAddRef(ref held);
                descriptors[leased] = (int)fd.DangerousGetHandle();
            }

            byte[] code = Encode(spec, descriptors, KernelFunctionIds(spec));
            using SafeBtfFd? types = spec.Btf is ProgramBtf known ? LinuxBtf.Load(known.Types.Bytes, target) : null;
            nint result = Load(spec, code, types, attachTypeId, []);
            if (result >= 0)
            {
                return Bind(FromDescriptor(result), spec, descriptors);
            }

            byte[] log = [];
            for (int size = FirstLogSize; size <= LargestLogSize; size *= 4)
            {
                log = new byte[size];
                nint again = Load(spec, code, types, attachTypeId, log);
                if (again >= 0)
                {
                    return Bind(FromDescriptor(again), spec, descriptors);
                }

                if (again != -(int)Errno.ENOSPC)
                {
                    result = again;
                    break;
                }
            }

            string? text = LogText(log);
            throw LinuxErrors.Refused("BPF_PROG_LOAD", (Errno)(int)-result, target, log: text, location: VerifierLog.PlaceOf(text, spec.Btf));
        }
        finally
        {
            for (int i = 0; i < leased; i++)
            {
                ((LinuxMap)maps[i]).Fd.DangerousRelease();
            }
        }
    }

    /// <summary>The wire form of the code, with map descriptors in the place of map indices, and BTF ids in that of kernel functions.</summary>
    internal static byte[] Encode(ProgramSpec spec, ReadOnlySpan<int> descriptors, ReadOnlySpan<int> kernelFunctions)
    {
        Instruction[] code = [.. spec.Instructions];
        foreach (ref Instruction instruction in code.AsSpan())
        {
            if (instruction.Opcode == s_call && instruction.Source == (byte)CallKind.Kernel)
            {
                if ((uint)instruction.Immediate >= (uint)kernelFunctions.Length)
                {
                    throw LinuxErrors.Own(
                        "RPS5066", Errno.EINVAL, "BPF_PROG_LOAD", $"Program '{spec.Name}' calls kernel function {instruction.Immediate}, but names {kernelFunctions.Length}.",
                        "Name every kernel function of the program, in its order.");
                }

                instruction = instruction with { Immediate = kernelFunctions[instruction.Immediate] };
            }

            if (!instruction.IsWide || (WideLoadKind)instruction.Source is not (WideLoadKind.Map or WideLoadKind.MapValue))
            {
                continue;
            }

            if ((uint)instruction.Immediate >= (uint)descriptors.Length)
            {
                throw LinuxErrors.Own(
                    "RPS5066", Errno.EINVAL, "BPF_PROG_LOAD", $"Program '{spec.Name}' refers to map {instruction.Immediate}, but has {descriptors.Length}.",
                    "Pass every map of the program, in its order.");
            }

            instruction = instruction with { Immediate = descriptors[instruction.Immediate] };
        }

        return InstructionCodec.Encode(code);
    }

    // BTF ids in the running kernel, which differ between builds.
    private static int[] KernelFunctionIds(ProgramSpec spec)
    {
        if (spec.KernelFunctions.IsEmpty)
        {
            return [];
        }

        BtfTypes types = KernelBtf.Read();
        return [.. spec.KernelFunctions.Select(name => types.Find(BtfKind.Function, name) ?? throw LinuxErrors.Own(
            "RPS5068", Errno.EINVAL, "BPF_PROG_LOAD", $"Program '{spec.Name}' calls the kernel function '{name}', which this kernel does not have.",
            "Use a newer kernel, or a program without it."))];
    }

    private static nint Load(ProgramSpec spec, byte[] code, SafeBtfFd? types, uint attachTypeId, byte[] log)
    {
        bool held = false;
        types?.DangerousAddRef(ref held);
        try
        {
            fixed (byte* instructions = code, license = Sys.Terminated(spec.License), logBuffer = log)
            fixed (FunctionInfo* functions = (spec.Btf?.Functions ?? []).AsSpan())
            fixed (LineInfo* lines = (spec.Btf?.Lines ?? []).AsSpan())
            {
                ProgramLoadAttributes attributes = new()
                {
                    prog_type = (uint)spec.Type,
                    insn_cnt = (uint)(code.Length / InstructionCodec.SlotSize),
                    insns = (ulong)instructions,
                    license = (ulong)license,
                    log_level = log.Length > 0 ? 1u : 0,
                    log_size = (uint)log.Length,
                    log_buf = (ulong)logBuffer,
                    expected_attach_type = (uint)spec.ExpectedAttachType,
                    prog_btf_fd = types is null ? 0 : (int)types.DangerousGetHandle(),
                    func_info_rec_size = (uint)sizeof(FunctionInfo),
                    func_info = (ulong)functions,
                    func_info_cnt = (uint)(spec.Btf?.Functions.Length ?? 0),
                    line_info_rec_size = (uint)sizeof(LineInfo),
                    line_info = (ulong)lines,
                    line_info_cnt = (uint)(spec.Btf?.Lines.Length ?? 0),
                    attach_btf_id = attachTypeId,
                };
                BpfCall.SetName(attributes.prog_name, spec.Name);
                nint result;
                int attempts = 0;
                do
                {
                    result = BpfCall.Invoke(BpfCommand.BPF_PROG_LOAD, ref attributes); // EAGAIN: a signal met the verifier
                }
                while (result == -(int)Errno.EAGAIN && ++attempts < LoadAttempts);
                return result;
            }
        }
        finally
        {
            if (held)
            {
                types!.DangerousRelease();
            }
        }
    }

    // The maps that the code does not refer to belong to the program all the same: read-only variables, for those who show a program's variables.
    private static LinuxProgram Bind(LinuxProgram program, ProgramSpec spec, ReadOnlySpan<int> descriptors)
    {
        for (int map = 0; map < descriptors.Length; map++)
        {
            if (spec.Btf is not null && !RefersTo(spec, map))
            {
                using FdLease lease = new(program.Fd);
                ProgramBindMapAttributes attributes = new() { prog_fd = lease.Number, map_fd = descriptors[map] };
                _ = BpfCall.Invoke(BpfCommand.BPF_PROG_BIND_MAP, ref attributes); // a kernel that cannot runs the program as well
            }
        }

        return program;
    }

    private static bool RefersTo(ProgramSpec spec, int map) => spec.Instructions.Any(instruction =>
        instruction.IsWide && (WideLoadKind)instruction.Source is WideLoadKind.Map or WideLoadKind.MapValue && instruction.Immediate == map);

    private static string? LogText(byte[] log)
    {
        int end = Array.IndexOf(log, (byte)0);
        string text = Encoding.UTF8.GetString(log, 0, end < 0 ? log.Length : end);
        return text.Length == 0 ? null : text;
    }
}

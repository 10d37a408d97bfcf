using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using ReuseportPS.Linux.Bpf;
using ReuseportPS.Linux.Interop;

namespace ReuseportPS.Linux.Tests;

public sealed class InteropTests
{
    /// <summary>Sizes and offsets as include/uapi/linux/bpf.h has them.</summary>
    public static TheoryData<Type, int, string> Layouts => new()
    {
        { typeof(MapCreateAttributes), 72, "map_type 0, key_size 4, value_size 8, max_entries 12, map_flags 16, inner_map_fd 20, numa_node 24, map_name 28, btf_fd 48, btf_key_type_id 52, btf_value_type_id 56, map_extra 64" },
        { typeof(MapElementAttributes), 32, "map_fd 0, key 8, value 16, flags 24" },
        { typeof(ProgramLoadAttributes), 144, "prog_type 0, insn_cnt 4, insns 8, license 16, log_level 24, log_size 28, log_buf 32, prog_flags 44, prog_name 48, expected_attach_type 68, prog_btf_fd 72, func_info_rec_size 76, func_info 80, func_info_cnt 88, line_info_rec_size 92, line_info 96, line_info_cnt 104, attach_btf_id 108" },
        { typeof(BtfLoadAttributes), 32, "btf 0, btf_log_buf 8, btf_size 16, btf_log_size 20, btf_log_level 24" },
        { typeof(ProgramBindMapAttributes), 12, "prog_fd 0, map_fd 4, flags 8" },
        { typeof(ObjectPathAttributes), 16, "pathname 0, bpf_fd 8, file_flags 12" },
        { typeof(ObjectIdAttributes), 12, "id 0, next_id 4" },
        { typeof(ObjectInfoAttributes), 16, "bpf_fd 0, info_len 4, info 8" },
        { typeof(LinkCreateAttributes), 32, "prog_fd 0, target_fd 4, attach_type 8, flags 12, iter_info 16, iter_info_len 24" },
        { typeof(IteratorCreateAttributes), 8, "link_fd 0, flags 4" },
        { typeof(MapInfo), 88, "type 0, id 4, key_size 8, value_size 12, max_entries 16, map_flags 20, name 24, map_extra 80" },
        { typeof(ProgramInfo), 104, "type 0, id 4, tag 8, nr_map_ids 52, map_ids 56, name 64" },
        { typeof(Sys.PollFd), 8, "fd 0, events 4, revents 6" },
    };

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Structures_are_laid_out_as_the_kernel_s(Type type, int size, string fields)
    {
        Assert.Equal(size, Marshal.SizeOf(type));
        Assert.Equal(fields, string.Join(", ", type.GetFields(BindingFlags.Instance | BindingFlags.NonPublic)
            .Select(field => $"{field.Name} {Marshal.OffsetOf(type, field.Name)}")));
    }

    [Theory]
    [InlineData("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", 0)]
    [InlineData("/usr/include/asm-generic/unistd.h", 16)]
    public void System_calls_have_the_numbers_of_the_kernel_s_headers(string header, int shift)
    {
        Assert.SkipUnless(File.Exists(header), $"Needs {header} (apt-get install linux-libc-dev).");
        string text = File.ReadAllText(header);
        foreach (Syscall call in Enum.GetValues<Syscall>())
        {
            Match match = Regex.Match(text, $@"#define __NR(?:3264)?_{call}\s+(\d+)", RegexOptions.None, TimeSpan.FromSeconds(5));
            Assert.True(match.Success, $"{call}");
            Assert.Equal(int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), ((int)call >> shift) & 0xffff);
        }
    }

    [Fact]
    public void A_refusal_is_the_negated_errno()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Needs Linux.");
        Assert.Equal(-2, Sys.openat("/nowhere", Sys.O_RDONLY));
        Assert.Equal(-20, Sys.openat("/proc/self/status", Sys.O_RDONLY | Sys.O_DIRECTORY));
        Assert.Throws<ArgumentException>(() => Sys.openat("/proc\0/self", Sys.O_RDONLY));
    }

    [Fact]
    public void Nothing_is_inherited_by_a_child()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Needs Linux.");
        nint fd = Sys.openat("/proc/self/status", Sys.O_RDONLY);
        using SafeDirectoryFd file = new(fd);
        Assert.Contains("flags:\t02", File.ReadAllText($"/proc/self/fdinfo/{fd}"), StringComparison.Ordinal); // O_CLOEXEC is 02000000
    }
}

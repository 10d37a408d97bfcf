using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using CsCheck;
using ReuseportPS.Engine.Btf;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Linux.Xray;

namespace ReuseportPS.Linux.Tests;

public sealed class BtfTests
{
    private const string KernelBtf = "/sys/kernel/btf/vmlinux";

    [Fact]
    public void Types_are_found_with_their_members()
    {
        BtfTypes types = Read(Sample());
        int outer = types.Find(BtfKind.Struct, "outer")!.Value;
        Assert.Equal((BtfKind.Struct, "outer", 24), (types.KindOf(outer), types.NameOf(outer), types.SizeOrTypeOf(outer)));
        Assert.Equal(["a", "", "flag"], types.MembersOf(outer).Select(member => member.Name));
        Assert.Equal(8, types.FindField(outer, "hidden")!.ByteOffset); // inside the anonymous union
        Assert.Equal(new BtfField("flag", 1, 129, 3), types.FindField(outer, "flag"));
        Assert.Null(types.FindField(outer, "absent"));
        Assert.Null(types.Find(BtfKind.Union, "outer"));
        Assert.Null(types.Find(BtfKind.Struct, "oute"));
        Assert.Equal(("void", BtfKind.Void), (types.NameOf(0), types.KindOf(0)));
        Assert.Empty(types.MembersOf(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => types.NameOf(types.Count));
    }

    [Theory]
    [InlineData(0, 0x9e, "RPS2101")]
    [InlineData(2, 2, "RPS2101")]
    [InlineData(15, 0x7f, "RPS2102")]
    [InlineData(23, 0xff, "RPS2102")]
    [InlineData(24 + 7, 31, "RPS2103")]
    [InlineData(24 + 16 + 4, 0xff, "RPS2102")]
    public void What_is_wrong_is_told(int offset, byte value, string code)
    {
        byte[] bytes = Sample();
        bytes[offset] = value;
        Assert.False(BtfTypes.TryRead(bytes, out BtfTypes? types, out ImmutableArray<Diagnostic> diagnostics));
        Assert.Null(types);
        Assert.Equal(code, Assert.Single(diagnostics).Code);
        Assert.NotNull(diagnostics[0].Location);
    }

    [Fact]
    public void Damaged_bytes_never_throw() => Gen.Select(Gen.Int[0, Sample().Length], Gen.Int[0, Sample().Length - 1], Gen.Byte).Sample((length, at, value) =>
    {
        byte[] bytes = Sample();
        bytes[at] = value;
        if (BtfTypes.TryRead(bytes.AsMemory(0, length), out BtfTypes? types, out ImmutableArray<Diagnostic> diagnostics))
        {
            for (int id = 0; id < types.Count; id++)
            {
                _ = types.NameOf(id);
                _ = types.MembersOf(id);
                _ = types.FindField(id, "absent");
            }

            _ = types.Find(BtfKind.Struct, "absent");
        }

        return types is null ^ diagnostics.IsEmpty;
    });

    [Fact]
    public void The_kernel_s_own_types_say_where_things_are()
    {
        Assert.SkipUnless(File.Exists(KernelBtf), $"Needs {KernelBtf}.");
        BtfTypes types = Read(File.ReadAllBytes(KernelBtf));
        int group = types.Find(BtfKind.Struct, "sock_reuseport")!.Value;
        Assert.Equal(types.SizeOrTypeOf(group), types.FindField(group, "socks")!.ByteOffset);
        Assert.True(types.FindField(group, "bind_inany")!.BitSize == 1);
        Assert.NotNull(KernelOffsets.Find(types, out string? missing));
        Assert.Null(missing);
    }

    [Fact]
    public void A_kernel_that_lacks_something_is_named_for_it()
    {
        Assert.Null(KernelOffsets.Find(Read(Sample()), out string? missing));
        Assert.Equal("bpf_iter_task_file", missing);
    }

    private static BtfTypes Read(byte[] bytes)
    {
        Assert.True(BtfTypes.TryRead(bytes, out BtfTypes? types, out ImmutableArray<Diagnostic> diagnostics), string.Join('\n', diagnostics));
        return types;
    }

    // int; union { int hidden; }; struct outer { int a; <union>; int flag : 3; }; func f
    private static byte[] Sample()
    {
        List<byte> strings = [0];
        List<byte> types = [];
        Type("int", BtfKind.Integer, 0, false, 4);
        Word(0x01000020);
        Type("", BtfKind.Union, 1, false, 8);
        Member("hidden", 1, 0);
        Type("outer", BtfKind.Struct, 3, true, 24);
        Member("a", 1, 0);
        Member("", 2, 64);
        Member("flag", 1, 129 | (3 << 24));
        Type("f", BtfKind.Function, 0, false, 0);

        byte[] header = new byte[24];
        BinaryPrimitives.WriteUInt16LittleEndian(header, 0xeb9f);
        header[2] = 1;
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4), 24);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(12), types.Count);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(16), types.Count);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(20), strings.Count);
        return [.. header, .. types, .. strings];

        void Word(uint value) => types.AddRange(BitConverter.GetBytes(value));

        void Name(string name)
        {
            Word(name.Length == 0 ? 0 : (uint)strings.Count);
            if (name.Length > 0)
            {
                strings.AddRange(Encoding.ASCII.GetBytes(name + '\0'));
            }
        }

        void Type(string name, BtfKind kind, uint count, bool flag, uint size)
        {
            Name(name);
            Word(count | ((uint)kind << 24) | (flag ? 1u << 31 : 0));
            Word(size);
        }

        void Member(string name, uint type, uint offset)
        {
            Name(name);
            Word(type);
            Word(offset);
        }
    }
}

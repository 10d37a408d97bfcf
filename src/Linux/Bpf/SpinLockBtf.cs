using System.Buffers.Binary;
using System.Text;
using ReuseportPS.Engine.Btf;

namespace ReuseportPS.Linux.Bpf;

/// <summary>The types by which the kernel knows that a map's value has a spin lock, and where: BTF of a key and of a value with one member.</summary>
internal static unsafe class SpinLockBtf
{
    /// <summary>Id of the key's type.</summary>
    internal const uint KeyType = 4;

    /// <summary>Id of the value's type.</summary>
    internal const uint ValueType = 3;

    private const uint IntegerType = 1;
    private const uint LockType = 2;
    private const uint WordBits = 32;
    private const int HeaderSize = 24;

    /// <summary>BPF_BTF_LOAD. A descriptor, or the negated errno.</summary>
    /// <param name="keySize">Bytes of a key.</param>
    /// <param name="valueSize">Bytes of a value.</param>
    /// <param name="offset">Where the lock is in it.</param>
    internal static nint Load(int keySize, int valueSize, int offset)
    {
        byte[] blob = Build((uint)keySize, (uint)valueSize, (uint)offset);
        fixed (byte* pointer = blob)
        {
            BtfLoadAttributes attributes = new() { btf = (ulong)pointer, btf_size = (uint)blob.Length };
            return BpfCall.Invoke(BpfCommand.BPF_BTF_LOAD, ref attributes);
        }
    }

    private static byte[] Build(uint keySize, uint valueSize, uint offset)
    {
        byte[] strings = Encoding.ASCII.GetBytes("\0u32\0bpf_spin_lock\0value\0key\0");
        uint Name(string name) => (uint)strings.AsSpan().IndexOf(Encoding.ASCII.GetBytes(name + '\0'));
        uint[] types =
        [
            Name("u32"), Info(BtfKind.Integer, 0), sizeof(uint), WordBits,
            Name("bpf_spin_lock"), Info(BtfKind.Struct, 1), sizeof(uint), Name("u32"), IntegerType, 0,
            Name("value"), Info(BtfKind.Struct, 1), valueSize, Name("value"), LockType, offset * 8,

            // The kernel wants the key of an ARRAY to be an integer of 32 bits.
            .. keySize == sizeof(uint) ? (uint[])[Name("key"), Info(BtfKind.Integer, 0), sizeof(uint), WordBits] : [Name("key"), Info(BtfKind.Struct, 0), keySize],
        ];

        uint typeLength = (uint)types.Length * sizeof(uint);
        uint[] header = [0x0001_eb9f, HeaderSize, 0, typeLength, typeLength, (uint)strings.Length];
        byte[] blob = new byte[HeaderSize + typeLength + strings.Length];
        int at = 0;
        foreach (uint word in (ReadOnlySpan<uint>)[.. header, .. types])
        {
            BinaryPrimitives.WriteUInt32LittleEndian(blob.AsSpan(at), word);
            at += sizeof(uint);
        }

        strings.CopyTo(blob, at);
        return blob;
    }

    private static uint Info(BtfKind kind, uint members) => ((uint)kind << 24) | members;
}

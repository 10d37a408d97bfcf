using System.Buffers.Binary;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Maps;

namespace ReuseportPS.Engine.Execution;

/// <summary>
/// Helper 82 (sk_select_reuseport) for a host that knows beforehand what each slot would answer: <see cref="BpfMap.SlotErrors"/>. The slot selected is
/// in <see cref="Machine.SelectedSlot"/>. Compiled programs do it without a call.
/// </summary>
public static class SlotSelection
{
    /// <summary>The helper, for <see cref="HelperTable.Set"/>.</summary>
    public static HelperImplementation Implementation { get; } = Select;

    private static ulong Select(Machine machine, ulong context, ulong mapAddress, ulong keyAddress, ulong flags, ulong unused)
    {
        if (context != Machine.ContextAddress)
        {
            machine.Fail(FaultKind.BadArgument, context, $"0x{context:x} is not the context");
            return 0;
        }

        if (!machine.TryGetMap(mapAddress, out BpfMap? map))
        {
            return 0;
        }

        if (map.SlotErrors is not int[] errors)
        {
            machine.Fail(FaultKind.BadArgument, mapAddress, $"map '{map.Spec.Name}' ({map.Spec.Type}) holds no sockets");
            return 0;
        }

        if (!machine.TryRead(keyAddress, sizeof(uint), out ReadOnlySpan<byte> key))
        {
            return 0;
        }

        uint slot = BinaryPrimitives.ReadUInt32LittleEndian(key);
        int error = slot < (uint)errors.Length ? errors[slot] : (int)Errno.ENOENT;
        if (error == 0)
        {
            machine.SelectedSlot = (int)slot;
        }

        return (ulong)-(long)error;
    }
}

using System.Collections;
using System.Management.Automation;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Model;

namespace ReuseportPS.Binding;

/// <summary>Takes slots as numbers, as ranges (<c>0-3</c>), by the names that a policy gives them, and as objects of Get-SocketSlot.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class SlotItemTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return value is IEnumerable many and not string
            ? many.Cast<object>().Select(Read).ToArray()
            : new[] { Read(value) };
    }

    private static SlotItem Read(object item)
    {
        object value = item is PSObject wrapped ? wrapped.BaseObject : item;
        switch (value)
        {
            case SlotItem known:
                return known;
            case SocketSlot slot:
                return SlotItem.Of(slot.Slot);
            default:
                return SlotItem.TryParse(LanguagePrimitives.ConvertTo<string>(value), out SlotItem parsed, out Diagnostic? problem)
                    ? parsed
                    : throw new ArgumentTransformationMetadataException($"{problem!.Message} {problem.Remedy}".TrimEnd());
        }
    }
}

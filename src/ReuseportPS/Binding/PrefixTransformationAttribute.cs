using System.Collections;
using System.Management.Automation;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;

namespace ReuseportPS.Binding;

/// <summary>Takes addresses and prefixes as text: <c>10.0.0.0/8</c>, <c>2001:db8::1</c>.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class PrefixTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return value is IEnumerable many and not string
            ? many.Cast<object>().Select(Read).ToArray()
            : new[] { Read(value) };
    }

    private static AddressPrefix Read(object item)
    {
        object value = item is PSObject wrapped ? wrapped.BaseObject : item;
        if (value is AddressPrefix prefix)
        {
            return prefix;
        }

        return AddressPrefix.TryParse(value?.ToString() ?? "", out prefix, out Diagnostic? problem)
            ? prefix
            : throw new ArgumentTransformationMetadataException($"{problem!.Message} {problem.Remedy}".TrimEnd());
    }
}

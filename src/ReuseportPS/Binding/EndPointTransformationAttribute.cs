using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Net;

namespace ReuseportPS.Binding;

/// <summary>Takes end points as text: <c>192.0.2.1:443</c>, <c>[2001:db8::1]:53</c>.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class EndPointTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return value is IEnumerable many and not string ? many.Cast<object>().Select(Read).ToArray() : new[] { Read(value) };
    }

    private static IPEndPoint Read(object item)
    {
        object value = item is PSObject wrapped ? wrapped.BaseObject : item;
        string text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
        return value as IPEndPoint
            ?? (IPEndPoint.TryParse(text, out IPEndPoint? endPoint) && endPoint.Port != 0 ? endPoint
            : throw new ArgumentTransformationMetadataException(
                $"'{text}' is not an end point. Give an address and a port: 192.0.2.1:443 or [2001:db8::1]:443."));
    }
}

using System.Globalization;
using System.Management.Automation;

namespace ReuseportPS.Binding;

/// <summary>Takes bytes, or their hexadecimal text. A bare <c>02</c> is such a text too, though PowerShell reads a number.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class BytesTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        byte[]? bytes = value switch
        {
            byte[] given => given,
            object[] items => LanguagePrimitives.TryConvertTo(items, CultureInfo.InvariantCulture, out byte[] converted) ? converted : null,

            // A numeric literal keeps its source text in the wrapper, and gives it when converted to a string.
            _ => HexText.Read(LanguagePrimitives.ConvertTo<string>(inputData)),
        };
        return bytes ?? throw new ArgumentTransformationMetadataException(
            $"'{LanguagePrimitives.ConvertTo<string>(inputData)}' is neither bytes nor an even number of hexadecimal digits.");
    }
}

using System.Management.Automation;
using ReuseportPS.Engine.Diagnostics;
using ReuseportPS.Engine.Policies;
using ReuseportPS.Model;
using ReuseportPS.Session;

namespace ReuseportPS.Binding;

/// <summary>Takes a policy, what Get-SteeringPolicy gives, or the path of a YAML file.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field)]
public sealed class PolicyTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        try
        {
            return Read(engineIntrinsics.SessionState, inputData);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or DiagnosticException)
        {
            throw new ArgumentTransformationMetadataException(exception.Message, exception);
        }
    }

    /// <summary>The policy that a value stands for.</summary>
    /// <exception cref="DiagnosticException">The file is not a policy.</exception>
    internal static SteeringPolicy Read(SessionState session, object inputData)
    {
        object value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return value switch
        {
            SteeringPolicy policy => policy,
            AppliedSteeringPolicy applied => applied.Policy ?? throw new ArgumentTransformationMetadataException(
                $"Group '{applied.Group}' has the program '{applied.Program?.Name}' in the place of a policy."),
            FileInfo file => PolicyFile.Read(File.ReadAllText(file.FullName), file.FullName),
            string path => PolicyFile.Read(File.ReadAllText(session.Path.GetUnresolvedProviderPathFromPSPath(path)), path),
            _ => throw new ArgumentTransformationMetadataException(
                $"'{value}' is not a policy. Give an object of Import-SteeringPolicy or the path of a YAML file."),
        };
    }
}

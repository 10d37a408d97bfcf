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
        object value = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return value switch
        {
            SteeringPolicy policy => policy,
            AppliedSteeringPolicy applied => applied.Policy,
            string path => ReadFile(engineIntrinsics, path),
            _ => throw new ArgumentTransformationMetadataException(
                $"'{value}' is not a policy. Give an object of Import-SteeringPolicy or the path of a YAML file."),
        };
    }

    private static SteeringPolicy ReadFile(EngineIntrinsics engine, string path)
    {
        try
        {
            string file = engine.SessionState.Path.GetUnresolvedProviderPathFromPSPath(path);
            return PolicyFile.Read(File.ReadAllText(file), path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or DiagnosticException or RuntimeException)
        {
            throw new ArgumentTransformationMetadataException(exception.Message, exception);
        }
    }
}

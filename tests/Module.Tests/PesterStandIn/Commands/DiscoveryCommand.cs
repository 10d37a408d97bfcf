using System.Management.Automation;

namespace ReuseportPS.Module.Tests.PesterStandIn.Commands;

/// <summary>A command that tells discovery of something; wrong use ends the discovery of the file.</summary>
public abstract class DiscoveryCommand : PSCmdlet
{
    protected sealed override void EndProcessing()
    {
        PesterState state = PesterState.Of(this);
        try
        {
            state.RequireDiscovery(MyInvocation.InvocationName);
            Collect(state);
        }
        catch (PesterUsageException exception)
        {
            ThrowTerminatingError(new ErrorRecord(exception, "PesterUsage", ErrorCategory.InvalidOperation, targetObject: null));
        }
    }

    protected abstract void Collect(PesterState state);

    /// <summary>The items to make a block or a test of: those of -ForEach, or one of no data where it is not given.</summary>
    protected IReadOnlyList<PesterData> Data(string parameter, object? forEach, string name) =>
        MyInvocation.BoundParameters.ContainsKey(parameter)
            ? PesterData.Each(forEach, MyInvocation.InvocationName, name)
            : [PesterData.None];
}

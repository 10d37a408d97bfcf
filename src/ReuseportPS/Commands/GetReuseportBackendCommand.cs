using System.Management.Automation;
using ReuseportPS.Engine.Backends;
using ReuseportPS.Model;
using ReuseportPS.Session;

namespace ReuseportPS.Commands;

/// <summary>Get-ReuseportBackend: the backend that commands act on, and why.</summary>
[Cmdlet(VerbsCommon.Get, "ReuseportBackend")]
[OutputType(typeof(ReuseportBackend))]
public sealed class GetReuseportBackendCommand : BackendCmdlet
{
    /// <inheritdoc/>
    protected override void ProcessRecord() => Guard(Backend, () =>
    {
        BackendInfo info = Groups().Backend.Info;
        WriteObject(ReuseportBackend.Of(info, ModuleState.Current.Resolve(Backend).Reason));
    });
}

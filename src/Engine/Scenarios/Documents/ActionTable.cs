using System.Collections.Immutable;
using ReuseportPS.Engine.Scenarios.Actions;

namespace ReuseportPS.Engine.Scenarios.Documents;

/// <summary>The actions of the language, in the order of the page.</summary>
internal static class ActionTable
{
    private static readonly ImmutableArray<ActionDefinition> s_definitions =
    [
        OpenAction.Definition, CreateAction.Definition, BindAction.Definition, ListenAction.Definition, InheritAction.Definition, CloseAction.Definition, CrashAction.Definition,
        ShutdownAction.Definition, SetOptionAction.Definition, SetPeerAction.Definition, SetPeerAction.ClearDefinition, SysctlAction.Definition, WaitAction.Definition,
        MapAction.Definition, UpdateAction.Definition, DeleteAction.Definition, LookupAction.Definition, FreezeAction.Definition,
        ProgramAction.Definition, AttachAction.Definition, DetachAction.Definition, ReleaseAction.Definition,
        FlowsAction.Definition, ConnectAction.Definition, AcceptAction.Definition, SendAction.Definition, ReceiveAction.Definition, HangUpAction.Definition,
        ExpectSeatsAction.Definition, ExpectMembersAction.Definition, ExpectProgramAction.Definition, ExpectValueAction.Definition, ExpectQueueAction.Definition,
        ExpectOptionAction.Definition, ExpectCounterAction.Definition,
    ];

    /// <summary>Every action by its word, in the order of the page.</summary>
    public static OrderedDictionary<string, ActionDefinition> All { get; } = new(s_definitions.Select(action => KeyValuePair.Create(action.Key, action)), StringComparer.Ordinal);
}

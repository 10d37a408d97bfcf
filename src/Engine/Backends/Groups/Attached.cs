using ReuseportPS.Engine.Classic;

namespace ReuseportPS.Engine.Backends.Groups;

/// <summary>What a kernel group has attached: a program, a classic program, or (as the default) nothing.</summary>
internal readonly record struct Attached(IBackendProgram? Program, ClassicProgram? Classic = null)
{
    public bool IsNothing => Program is null && Classic is null;

    /// <summary>Makes it what the group of a member has.</summary>
    public void PutOn(IBackendSocket member)
    {
        if (Program is not null)
        {
            member.AttachProgram(Program);
        }
        else if (Classic is not null)
        {
            member.AttachClassicProgram(Classic);
        }
        else
        {
            member.DetachProgram();
        }
    }
}

using System.Management.Automation.Host;

namespace ReuseportPS.Shell.Hosting;

/// <summary>Size, keys and colours of the terminal. What reads or moves blocks of the screen is not offered, as in pwsh on Linux.</summary>
internal sealed class ConsoleRawUserInterface : PSHostRawUserInterface
{
    // A pseudo-terminal may report no size at all.
    private static readonly Size s_unknown = new(80, 40);

    /// <summary>The terminal's width in cells.</summary>
    public static int Width => Console.WindowWidth > 0 ? Console.WindowWidth : s_unknown.Width;

    public override ConsoleColor ForegroundColor
    {
        get => Console.ForegroundColor;
        set => Console.ForegroundColor = value;
    }

    public override ConsoleColor BackgroundColor
    {
        get => Console.BackgroundColor;
        set => Console.BackgroundColor = value;
    }

    public override Size BufferSize
    {
        get => Console.BufferWidth == 0 || Console.BufferHeight == 0 ? s_unknown : new Size(Console.BufferWidth, Console.BufferHeight);
        set => throw NotOffered();
    }

    public override Size WindowSize
    {
        get => Console.WindowWidth == 0 || Console.WindowHeight == 0 ? s_unknown : new Size(Console.WindowWidth, Console.WindowHeight);
        set => throw NotOffered();
    }

    public override Size MaxWindowSize => WindowSize;

    public override Size MaxPhysicalWindowSize => WindowSize;

    public override Coordinates WindowPosition
    {
        get => new(Console.WindowLeft, Console.WindowTop);
        set => throw NotOffered();
    }

    public override Coordinates CursorPosition
    {
        get => new(Console.CursorLeft, Console.CursorTop);
        set => Console.SetCursorPosition(Math.Max(0, value.X), Math.Max(0, value.Y));
    }

    public override int CursorSize
    {
        get => Console.CursorSize;
        set => throw NotOffered();
    }

    public override string WindowTitle
    {
        get;
        set
        {
            if (!Console.IsOutputRedirected)
            {
                Console.Title = value;
            }

            field = value;
        }
    } = "";

    public override bool KeyAvailable => Console.KeyAvailable;

    public override KeyInfo ReadKey(ReadKeyOptions options)
    {
        ConsoleKeyInfo key = Console.ReadKey(options.HasFlag(ReadKeyOptions.NoEcho));
        return new KeyInfo((int)key.Key, key.KeyChar, default, keyDown: true);
    }

    public override void FlushInputBuffer()
    {
        while (!Console.IsInputRedirected && Console.KeyAvailable)
        {
            Console.ReadKey(intercept: true);
        }
    }

    public override BufferCell[,] GetBufferContents(Rectangle rectangle) => throw NotOffered();

    public override void SetBufferContents(Rectangle rectangle, BufferCell fill)
    {
        // Clear-Host is the one use that a terminal can serve.
        if (!Console.IsOutputRedirected)
        {
            Console.Clear();
        }
    }

    public override void SetBufferContents(Coordinates origin, BufferCell[,] contents) => throw NotOffered();

    public override void ScrollBufferContents(Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill) => throw NotOffered();

    private static NotSupportedException NotOffered() => new("The Shell does not read or change the terminal's buffer and window.");
}

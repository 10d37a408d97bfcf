namespace ReuseportPS.Engine.Btf;

/// <summary>Kinds of BTF types by the format's numbers.</summary>
public enum BtfKind
{
#pragma warning disable CS1591 // The names are the documentation: Documentation/bpf/btf.rst of the kernel.
    Void = 0,
    Integer = 1,
    Pointer = 2,
    Array = 3,
    Struct = 4,
    Union = 5,
    Enum = 6,
    Forward = 7,
    Typedef = 8,
    Volatile = 9,
    Const = 10,
    Restrict = 11,
    Function = 12,
    FunctionPrototype = 13,
    Variable = 14,
    DataSection = 15,
    Float = 16,
    DeclarationTag = 17,
    TypeTag = 18,
    Enum64 = 19,
#pragma warning restore CS1591
}

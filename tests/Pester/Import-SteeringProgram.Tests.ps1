BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    Set-Content TestDrive:/one.bpfasm "r0 = 1`nexit"
    Set-Content TestDrive:/two.s ".program second`nr0 = 2`nexit"
    Export-SteeringProgram TestDrive:/raw.bin -InputObject TestDrive:/one.bpfasm
}

Describe 'Import-SteeringProgram' {
    It 'reads text and names the program after its file' {
        $program = Import-SteeringProgram TestDrive:/one.bpfasm
        $program.Name | Should -BeExactly 'one'
        $program.InstructionCount | Should -Be 2
        $program.Source | Should -BeLike '*one.bpfasm'
    }

    It 'reads bytes' {
        $program = Import-SteeringProgram TestDrive:/raw.bin
        $program | ConvertTo-BpfAssembly -InstructionOnly | Should -Match 'r0 = 1'
    }

    It 'resolves wildcards and takes programs by name' {
        @(Import-SteeringProgram TestDrive:/*.*).Count | Should -Be 3
        (Import-SteeringProgram TestDrive:/*.* -Name sec*).Name | Should -BeExactly 'second'
    }

    It 'tells a format by the content before the name' {
        Copy-Item TestDrive:/raw.bin TestDrive:/misnamed.s
        (Import-SteeringProgram TestDrive:/misnamed.s).InstructionCount | Should -Be 2
    }

    It 'names file and place of a mistake, and goes on' {
        Set-Content TestDrive:/1-bad.s "r0 = 1`nexlt"
        Set-Content TestDrive:/2-good.s "r0 = 1`nexit"
        $failure = $null
        (Import-SteeringProgram TestDrive:/1-bad.s, TestDrive:/2-good.s -ErrorVariable failure -ErrorAction SilentlyContinue).Name | Should -Be '2_good' -Because 'the kernel takes letters, digits, dots and underscores'
        $failure[0].ErrorDetails.Message | Should -Match 'bad\.s:2:1'
    }

    It 'refuses what is no object file' {
        { Import-SteeringProgram TestDrive:/one.bpfasm -Format Object -ErrorAction Stop } | Should -Throw -ErrorId 'ObjectFileInvalid,*'
    }

    It 'reports a file that is not there' {
        { Import-SteeringProgram TestDrive:/nothing.s -ErrorAction Stop } | Should -Throw -ErrorId 'FileNotFound*'
    }
}

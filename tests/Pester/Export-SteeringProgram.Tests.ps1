BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    $program = ConvertFrom-BpfAssembly ".program pick`n.map m array key=4 value=4 entries=1`n.entry 00000000 2a000000`nr1 = map[m] ll`nr0 = 1`nexit"
    Set-Content TestDrive:/web.yaml "version: 1`npolicy: web`notherwise: { by: hash }"
}

Describe 'Export-SteeringProgram' {
    It 'writes text that reads back to the same program' {
        $program | Export-SteeringProgram TestDrive:/pick.bpfasm
        Import-SteeringProgram TestDrive:/pick.bpfasm | ConvertTo-BpfAssembly | Should -BeExactly ($program | ConvertTo-BpfAssembly)
    }

    It 'writes the program of a policy' {
        $file = Import-SteeringPolicy TestDrive:/web.yaml | Export-SteeringProgram TestDrive:/web.bpfasm -SlotCount 4 -PassThru
        $file.Name | Should -BeExactly 'web.bpfasm'
        Get-Content TestDrive:/web.bpfasm -Raw | Should -Match "policy 'web' for 4 slots"
    }

    It 'writes bytes, and says that maps are not in them' {
        $warning = $null
        $program | Export-SteeringProgram TestDrive:/pick.bin -WarningVariable warning -WarningAction SilentlyContinue
        (Get-Item TestDrive:/pick.bin).Length | Should -Be 32
        $warning.Count | Should -Be 1
    }

    It 'writes several programs under their names' {
        $other = ConvertFrom-BpfAssembly ".program other`nexit"
        $program, $other | Export-SteeringProgram 'TestDrive:/all-{0}.s' -PassThru | Should -HaveCount 2
        { $program, $other | Export-SteeringProgram TestDrive:/same.s -ErrorAction Stop } | Should -Throw -ErrorId 'FileWrittenTwice,*'
    }

    It 'writes nothing with -WhatIf' {
        $program | Export-SteeringProgram TestDrive:/never.s -WhatIf
        'TestDrive:/never.s' | Should -Not -Exist
    }

    It 'overwrites, but not with -NoClobber' {
        Set-Content TestDrive:/kept.s 'mine'
        { $program | Export-SteeringProgram TestDrive:/kept.s -NoClobber -ErrorAction Stop } | Should -Throw -ErrorId 'FileUnwritable,*'
        $program | Export-SteeringProgram TestDrive:/kept.s
        Get-Content TestDrive:/kept.s -Raw | Should -Match 'program pick'
    }

    It 'does not write object files' {
        { $program | Export-SteeringProgram TestDrive:/pick.o -ErrorAction Stop } | Should -Throw -ErrorId 'FormatNotWritable,*'
    }
}
